import { join } from "node:path";
import { type Clock, type Logger, type Meter, parseBytes, parseDurationMs } from "@fairlead/core";
import { z } from "zod";
import type { Bus } from "./bus.ts";
import { observeBus } from "./observe.ts";
import { openSqliteBus } from "./sqlite/sqlite-bus.ts";

const quantity = (parse: (text: string) => number, min: number, usual: string) =>
  z
    .string()
    .transform((text, context) => {
      try {
        const value = parse(text);
        if (value >= min) return value;
        context.addIssue({
          code: "custom",
          message: `Cannot use ${JSON.stringify(text)}: the least is ${min}`,
        });
      } catch (error) {
        context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
      }
      return z.NEVER;
    })
    .prefault(usual);

const bytes = (usual: string, min = 1) => quantity(parseBytes, min, usual);
const duration = (usual: string, min = 1) => quantity(parseDurationMs, min, usual);

/** The section `bus` of the configuration. */
export const busConfigSchema = z.strictObject({
  maxAge: duration("7d", 1_000).describe("Events older than this are deleted from the log."),
  maxBytes: bytes("4GiB", 1 << 20).describe(
    "Size that the log may reach on disk, at least 1MiB; then the oldest events are deleted. It stays smaller on a disk with less room.",
  ),
  minAge: duration("10m", 0).describe(
    "An event younger than this is never deleted for want of room: producers are refused with LOG_FULL instead, so that readers this far behind miss nothing.",
  ),
  maxEventBytes: bytes("16MiB").describe("A larger event is refused with EVENT_TOO_LARGE."),
  maxPendingEvents: z
    .int()
    .min(1)
    .default(100_000)
    .describe("Events that may wait to be durable; more are refused with BUS_OVERLOADED."),
  maxPendingBytes: bytes("64MiB").describe(
    "Bytes that may wait to be durable, held in memory; more are refused with BUS_OVERLOADED.",
  ),
});

/** As written in the file, and as checked. */
export type BusConfigInput = z.input<typeof busConfigSchema>;
export type BusConfig = z.output<typeof busConfigSchema>;

export interface BusDependencies {
  /** The log is `<dataDir>/events.db`. */
  readonly dataDir: string;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly clock?: Clock;
}

/**
 * Opens the bus that the configuration describes, with its metrics.
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED
 */
export async function openBus(config: BusConfig, dependencies: BusDependencies): Promise<Bus> {
  const { dataDir, logger, meter, clock } = dependencies;
  const { maxAge, minAge, ...limits } = config;
  const bus = await openSqliteBus({
    path: join(dataDir, "events.db"),
    maxAgeMs: maxAge,
    minAgeMs: minAge,
    ...limits,
    logger,
    ...(clock ? { clock } : {}),
  });
  return observeBus(bus, meter);
}

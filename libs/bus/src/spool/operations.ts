/**
 * Operations on a spool whose process does not run. Each opens the file as its one owner, so all refuse with LOG_IN_USE while a process has
 * the file. A running process tells the same over HTTP (health, metrics).
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode, systemClock } from "@fairlead/core";
import { damagedPrefix } from "@fairlead/sqlite";
import type { AmqpBusOptions } from "../amqp/amqp-bus.ts";
import type { LoggedEvent } from "../bus.ts";
import { BusError, type BusErrorCode } from "../errors.ts";
import { openAmqpBus } from "../open-amqp-bus.ts";
import type { SqliteBus } from "../sqlite/sqlite-bus.ts";
import { openSpool } from "./open-spool.ts";
import { findOldest } from "./store.ts";

export interface SpoolStatus {
  readonly path: string;
  /** Events that wait for the broker. */
  readonly events: number;
  /** Bytes that they take on disk. */
  readonly bytes: number;
  /** `time` of the oldest event that waits, as the event says; undefined: none waits. */
  readonly oldest: string | undefined;
  /** Events that were found damaged and set aside, as far as they were met. */
  readonly damagedEvents: number;
  /** Sentences for an operator, also on what was repaired just now; empty when all is well. */
  readonly problems: readonly string[];
  /** Damaged files that this repair or an earlier one has kept beside the spool. */
  readonly keptFiles: readonly string[];
}

const history = { after: 0, follow: false } as const;

async function open(path: string): Promise<SqliteBus> {
  if (!existsSync(path))
    throw refused(path, "BUS_FAILED", "there is no such file; it is made at the first start with RabbitMQ");
  try {
    return await openSpool({ path });
  } catch (error) {
    if (errorCode(error) !== "LOG_IN_USE") throw error;
    const state =
      "a running Fairlead owns it; ask that one (`fairlead doctor`, /readyz?verbose), or stop it first";
    throw refused(path, "LOG_IN_USE", state, error);
  }
}

function refused(path: string, code: BusErrorCode, state: string, cause?: unknown): BusError {
  return new BusError(code, `Cannot open the spool ${path}: ${state}`, { retryable: false, cause });
}

/** Files that repairs have kept beside the spool. */
function keptBeside(path: string): string[] {
  const directory = dirname(resolve(path));
  return readdirSync(directory)
    .filter((name) => name.startsWith(damagedPrefix(basename(path))))
    .sort()
    .map((name) => join(directory, name));
}

async function status(path: string, spool: SqliteBus): Promise<SpoolStatus> {
  const oldest = (await findOldest(spool))?.event.time;
  const health = spool.health();
  return {
    path: resolve(path),
    events: oldest === undefined ? 0 : spool.storedEvents,
    bytes: health.storedBytes ?? 0,
    oldest,
    damagedEvents: health.damagedEvents ?? 0,
    problems: health.problems,
    keptFiles: keptBeside(path),
  };
}

/**
 * How much waits, and since when. Looks at the first event only; `verifySpool` reads all. A file whose structure is damaged is
 * repaired by the opening, as at every start.
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED (also when there is no such file)
 */
export async function inspectSpool(path: string): Promise<SpoolStatus> {
  await using spool = await open(path);
  return await status(path, spool);
}

/**
 * Reads every event and checks it. What is damaged is set aside and counted.
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED
 */
export async function verifySpool(path: string): Promise<SpoolStatus> {
  await using spool = await open(path);
  let events = 0;
  for await (const _ of spool.tail(history)) events++;
  return { ...(await status(path, spool)), events };
}

/**
 * The events that wait, oldest first; at the end, how the spool is. The events stay in the spool. The file is held until the iteration ends.
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED
 */
export async function* exportSpool(path: string): AsyncGenerator<LoggedEvent, SpoolStatus, void> {
  await using spool = await open(path);
  yield* spool.tail(history);
  return await status(path, spool);
}

export interface EmptySpoolOptions extends AmqpBusOptions {
  /** Stops; what was not confirmed stays. */
  readonly signal?: AbortSignal;
  /** Told now and then how many events are left, and why the broker takes nothing, where it does not. */
  readonly onProgress?: (left: number, problems: readonly string[]) => void;
}

/**
 * Sends a spool to its RabbitMQ without the service that filled it, and waits until it is empty.
 * @returns how the spool is afterwards; events are left only when the signal fired
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED (also when there is no such file)
 */
export async function emptySpool(options: EmptySpoolOptions): Promise<SpoolStatus> {
  const { signal, onProgress = () => {}, clock = systemClock } = options;
  const { path } = options.spool;
  const before = await inspectSpool(path);
  if (before.events === 0) return before;
  {
    await using bus = await openAmqpBus(options);
    for (let left = before.events; left > 0 && signal?.aborted !== true; ) {
      await clock.sleep(100, signal).catch(() => {});
      left = bus.health().spooledEvents ?? 0;
      onProgress(left, bus.brokerProblems);
    }
  }
  const after = await inspectSpool(path);
  // Only the opening that made a repair tells of the repair.
  return { ...after, problems: [...new Set([...before.problems, ...after.problems])] };
}

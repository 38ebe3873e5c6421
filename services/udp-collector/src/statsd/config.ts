import { bytes, count, duration } from "@fairlead/chassis";
import { z } from "zod";
import { sharedKeys } from "../shared-keys.ts";

export const configSchema = z
  .strictObject({
    ...sharedKeys,
    kind: z.literal("statsd"),
    flushInterval: duration("10s", { min: "10ms", max: "1h" }).describe(
      "Metrics are aggregated over this time, then published",
    ),
    maxSeries: count(10_000, { max: 1_000_000 }).describe(
      "Series per flush at most; further ones are passed raw",
    ),
    maxStateBytes: bytes("64MiB", { min: "64KiB" }).describe(
      "Memory of the series of a flush, estimated; what needs more is passed raw",
    ),
    maxRawBytes: bytes("4MiB", { min: "4KiB" }).describe(
      "Events, service checks and lines that were not taken, per flush; more are counted in the summary only",
    ),
    maxEventBytes: bytes("1MiB", { min: "1KiB", max: "8MiB" }).describe(
      "Data of one event at most; a larger flush becomes several",
    ),
    signedGauge: z
      .enum(["delta", "absolute"])
      .default("delta")
      .describe(
        "A gauge value with a sign moves the gauge (delta, StatsD) or is its value (absolute, DogStatsD)",
      ),
  })
  .describe("StatsD and DogStatsD");

export type StatsdConfig = z.output<typeof configSchema>;

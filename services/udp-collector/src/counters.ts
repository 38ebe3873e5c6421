import type { Meter } from "@fairlead/core";

export const metricPrefix = "fairlead_udp_collector";

/** A counter that only one kind of listener has. */
export interface CounterOptions {
  /** Without prefix and `_total`: "statsd_lines". */
  readonly name: string;
  readonly help: string;
  /** All values of the label `reason`. Absent: the counter has no such label. */
  readonly reasons?: readonly string[];
}

/** Adds to a counter of one listener. @param reason one of its reasons, where it has some */
export type Count = (amount: number, reason?: string) => void;

/** Every value of the label is shown as 0 from the start, so that the first increase is seen as one. */
function createCount({ name, help, reasons }: CounterOptions, meter: Meter, listener: string): Count {
  const labels = reasons === undefined ? ["listener"] : ["listener", "reason"];
  const counter = meter.counter({ name: `${metricPrefix}_${name}_total`, help, labels });
  const count: Count = (amount, reason) =>
    counter.increment(amount, reason === undefined ? { listener } : { listener, reason });
  for (const reason of reasons ?? [undefined]) count(0, reason);
  return count;
}

/** The counters of one kind for one listener, by their keys. */
export function createCounters(
  options: Readonly<Record<string, CounterOptions>>,
  meter: Meter,
  listener: string,
): Record<string, Count> {
  return Object.fromEntries(
    Object.entries(options).map(([key, one]) => [key, createCount(one, meter, listener)]),
  );
}

import type { Meter } from "@fairlead/core";
import { metricPrefix } from "@fairlead/ingress";

export const prefix = metricPrefix("udp-collector");

/** A counter of each listener, or of each listener of one kind. */
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
  const counter = meter.counter({ name: `${prefix}${name}_total`, help, labels });
  const count: Count = (amount, reason) =>
    counter.increment(amount, reason === undefined ? { listener } : { listener, reason });
  for (const reason of reasons ?? [undefined]) count(0, reason);
  return count;
}

/** Counters of one listener, by the keys of their options. */
export function createCounters<Key extends string>(
  options: Readonly<Record<Key, CounterOptions>>,
  meter: Meter,
  listener: string,
): Record<Key, Count> {
  const entries = Object.entries<CounterOptions>(options);
  return Object.fromEntries(entries.map(([key, one]) => [key, createCount(one, meter, listener)])) as Record<
    Key,
    Count
  >;
}

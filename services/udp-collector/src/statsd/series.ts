import { createHash } from "node:crypto";
import type { StatsdRecord } from "@fairlead/contracts";
import type { MetricKind, Sample } from "./line.ts";
import { Sketch } from "./sketch.ts";

type Unplaced<Record> = Record extends StatsdRecord
  ? Omit<Record, "seq" | "windowStart" | "windowEnd">
  : never;

/** A record without its number and the bounds of its window. */
export type UnplacedRecord = Unplaced<StatsdRecord>;

/** The memory that a window may use. Whoever grows asks first. */
export interface MemoryBudget {
  /** False when the window would have more than it may; then nothing is taken. */
  take(bytes: number): boolean;
}

/** Estimates of what V8 needs for an entry of a map with a number, and for an entry of a set with a short text. */
const binBytes = 48;
const memberBytes = 96;

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

/** Everything that one series came to in a window. */
export interface Series {
  /** False when the budget did not allow it; the series is as before. */
  add(sample: Sample): boolean;
  toRecord(): UnplacedRecord;
}

/** The values that gauges had in the last window. A gauge that is moved starts from its value there. */
export interface GaugeMemory {
  get(key: string): number;
  set(key: string, value: number): void;
}

function identity(sample: Sample, samples: number) {
  const { name, tags, container, timestamp, externalData, cardinality } = sample;
  return {
    name,
    tags: [...tags],
    samples,
    ...(container === undefined ? {} : { container }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(externalData === undefined ? {} : { externalData }),
    ...(cardinality === undefined ? {} : { cardinality }),
  };
}

const rateOf = (sample: Sample, index: number) => sample.rates?.[index] ?? sample.sampleRate;

function counter(first: Sample): Series {
  let value = 0;
  let samples = 0;
  return {
    add(sample) {
      sample.values.forEach((one, index) => {
        value += one / rateOf(sample, index);
      });
      samples += sample.values.length;
      return true;
    },
    toRecord: () => ({ kind: "counter", ...identity(first, samples), value }),
  };
}

function gauge(first: Sample, key: string, memory: GaugeMemory): Series {
  // A value for a moment in the past says nothing about now.
  const isNow = first.timestamp === undefined;
  let value = isNow ? memory.get(key) : 0;
  let samples = 0;
  return {
    add(sample) {
      sample.values.forEach((one, index) => {
        value = sample.isDelta[index] ? value + one : one;
      });
      if (isNow) memory.set(key, value);
      samples += sample.values.length;
      return true;
    },
    toRecord: () => ({ kind: "gauge", ...identity(first, samples), value }),
  };
}

function timing(first: Sample, kind: "timer" | "histogram" | "distribution", budget: MemoryBudget): Series {
  const sketch = new Sketch();
  let samples = 0;
  let paidBins = 0;
  return {
    add(sample) {
      // How many of the values need a bin of their own shows only afterwards: pay for all, and keep what is left over.
      const needed = sketch.bins + sample.values.length - paidBins;
      if (needed > 0 && !budget.take(needed * binBytes)) return false;
      paidBins += Math.max(0, needed);
      sample.values.forEach((value, index) => {
        sketch.add(value, 1 / rateOf(sample, index));
      });
      samples += sample.values.length;
      return true;
    },
    toRecord() {
      const { count, sum, min, max } = sketch;
      const percentiles = Object.fromEntries(
        Object.entries(quantiles).map(([name, q]) => [name, sketch.quantile(q)]),
      ) as Record<keyof typeof quantiles, number>;
      return { kind, ...identity(first, samples), count, sum, min, max, mean: sum / count, ...percentiles };
    },
  };
}

function set(first: Sample, budget: MemoryBudget): Series {
  const members = new Set<string>();
  let samples = 0;
  let isLowerBound = false;
  return {
    add({ member }) {
      samples++;
      const key = member.length <= 32 ? member : createHash("sha256").update(member).digest("base64");
      if (members.has(key)) return true;
      // Counting goes on. "At least so many" is still an answer, and the record says so.
      if (budget.take(memberBytes)) members.add(key);
      else isLowerBound = true;
      return true;
    },
    toRecord: () => ({ kind: "set", ...identity(first, samples), unique: members.size, isLowerBound }),
  };
}

/** Makes the series that a first sample belongs to. @param key of the series, for the memory of gauges */
export function createSeries(first: Sample, key: string, budget: MemoryBudget, gauges: GaugeMemory): Series {
  switch (first.kind) {
    case "counter":
      return counter(first);
    case "gauge":
      return gauge(first, key, gauges);
    case "set":
      return set(first, budget);
    default:
      return timing(first, first.kind, budget);
  }
}

const separator = "\u0000";

/** What makes two samples one series: kind, name, tags, who sends, and the moment where one is given. */
export function seriesKey(sample: Sample): string {
  const { kind, name, tags, container = "", externalData = "", cardinality = "", timestamp = "" } = sample;
  const sender = `${container}${separator}${externalData}${separator}${cardinality}`;
  return `${kind satisfies MetricKind}${separator}${name}${separator}${sender}${separator}${timestamp}${separator}${tags.join(",")}`;
}

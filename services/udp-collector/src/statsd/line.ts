import type { BadLineReason } from "@fairlead/contracts";
import { type EventMessage, parseEvent, parseServiceCheck, type ServiceCheckMessage } from "./dogstatsd.ts";
import { parseTags } from "./tags.ts";

export type MetricKind = "counter" | "gauge" | "timer" | "histogram" | "distribution" | "set";

/** What a line says about one series. */
export interface Sample {
  readonly kind: MetricKind;
  readonly name: string;
  /** Sorted, without repeats: two lines with the same tags in any order are one series. */
  readonly tags: readonly string[];
  /** Numbers of all kinds but `set`. Several where the line packs them. */
  readonly values: readonly number[];
  /** By index of `values`: the gauge is moved by the value, not set to it. */
  readonly isDelta: readonly boolean[];
  /** The member that `set` counts. */
  readonly member: string;
  /** 1e-9 <= rate <= 1: how many of the events were sampled. */
  readonly sampleRate: number;
  /** By index of `values`, where the values of the line have rates of their own. */
  readonly rates?: readonly number[];
  /** Container id of the sender (DogStatsD 1.2). */
  readonly container?: string;
  /** Seconds since the epoch that the sender counted for (DogStatsD 1.3). */
  readonly timestamp?: number;
  /** External data and the cardinality of tags that the sender asks for (DogStatsD 1.5 and 1.6). */
  readonly externalData?: string;
  readonly cardinality?: string;
}

export type StatsdLine =
  | { readonly line: "metric"; readonly sample: Sample }
  | { readonly line: "event"; readonly event: EventMessage }
  | { readonly line: "service-check"; readonly check: ServiceCheckMessage }
  | { readonly line: "bad"; readonly reason: BadLineReason };

export interface LineOptions {
  /** "delta": a gauge with a sign is moved (StatsD). "absolute": the gauge is set (DogStatsD clients send negative values so). */
  readonly signedGauge: "delta" | "absolute";
}

const kinds: Readonly<Record<string, MetricKind>> = {
  c: "counter",
  g: "gauge",
  ms: "timer",
  h: "histogram",
  d: "distribution",
  s: "set",
};

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Sums of values up to this, over sample rates down to that, stay finite numbers, which JSON needs. */
const largest = 1e100;
const lowestRate = 1e-9;

/** A decimal number as StatsD clients write it; undefined for anything else, "0x10", "NaN" and 1e101 included. */
function parseNumber(text: string): number | undefined {
  if (!decimal.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) <= largest ? value : undefined;
}

const bad = (reason: BadLineReason): StatsdLine => ({ line: "bad", reason });
const noTags: readonly string[] = [];

interface Sections {
  sampleRate: number;
  tags: readonly string[];
  container?: string;
  timestamp?: number;
  externalData?: string;
  cardinality?: string;
}

/** What stands behind the type. Sections that are not known are left out: the protocol grows by them. */
function parseSections(sections: readonly string[]): Sections | BadLineReason {
  const found: Sections = { sampleRate: 1, tags: noTags };
  for (const section of sections) {
    if (section.startsWith("@")) {
      const rate = parseNumber(section.slice(1));
      if (rate === undefined || rate < lowestRate || rate > 1) return "sample-rate";
      found.sampleRate = rate;
    } else if (section.startsWith("#")) {
      found.tags = parseTags(section.slice(1));
    } else if (section.startsWith("c:")) {
      found.container = section.slice(2);
    } else if (section.startsWith("e:")) {
      found.externalData = section.slice(2);
    } else if (section.startsWith("card:")) {
      found.cardinality = section.slice(5);
    } else if (section.startsWith("T")) {
      const timestamp = /^T\d{1,12}$/.test(section) ? Number(section.slice(1)) : 0;
      if (timestamp === 0) return "timestamp";
      found.timestamp = timestamp;
    }
  }
  return found;
}

/**
 * One line of StatsD or DogStatsD (protocol 1.0 to 1.6). Any text gives a result.
 * `name:value[:value...]|type[|@rate][|#tags][|c:container][|T<seconds>]`, `_e{..}:..`, `_sc|..`
 */
export function parseLine(line: string, options: LineOptions): StatsdLine {
  if (line.startsWith("_e{")) {
    const event = parseEvent(line);
    return event ? { line: "event", event } : bad("event");
  }
  if (line.startsWith("_sc|")) {
    const check = parseServiceCheck(line);
    return check ? { line: "service-check", check } : bad("service-check");
  }
  const [head = "", type = "", ...rest] = line.split("|");
  if (isFollowed(type, rest)) {
    const several = parseSeveral(line, options);
    if (several) return several;
  }
  const colon = head.indexOf(":");
  if (colon === 0 || head === "") return bad("name");
  if (colon === -1) return bad("value");
  if (!Object.hasOwn(kinds, type)) return bad("type");
  const kind = kinds[type]!;
  const sections = parseSections(rest);
  if (typeof sections === "string") return bad(sections);

  const name = head.slice(0, colon);
  const text = head.slice(colon + 1);
  if (text === "") return bad("value");
  const values: number[] = [];
  const isDelta: boolean[] = [];
  // The member of a set is any text, colons included; only numbers are packed.
  if (kind !== "set") {
    for (const part of text.split(":")) {
      const value = parseNumber(part);
      if (value === undefined) return bad("value");
      const sign = part[0];
      values.push(value);
      isDelta.push(kind === "gauge" && options.signedGauge === "delta" && (sign === "+" || sign === "-"));
    }
    // A value with a timestamp of its own stands for a moment in the past, so no gauge is moved.
    if (sections.timestamp !== undefined && isDelta.includes(true)) return bad("timestamp");
  }
  return { line: "metric", sample: { kind, name, values, isDelta, member: text, ...sections } };
}

/** True where a colon follows the type or the rate: another value begins there. */
function isFollowed(type: string, [rate = ""]: readonly string[]): boolean {
  return type.includes(":") || (rate.startsWith("@") && rate.includes(":"));
}

/** `<value>|<type>[|@<rate>]`, as Etsy's StatsD lets a line repeat behind a colon. */
const valueWithType = /:([^:|]*)\|([a-z]{1,2})(?:\|@([^:|]*))?(?=:|$)/y;

/** `name:1|ms:2|ms|@0.5:3|ms`: values of one series, each with its type and its own rate; undefined for any other line. */
function parseSeveral(line: string, options: LineOptions): StatsdLine | undefined {
  const colon = line.indexOf(":");
  if (colon < 1) return undefined;
  const values: number[] = [];
  const isDelta: boolean[] = [];
  const rates: number[] = [];
  let kind: MetricKind | undefined;
  for (let at = colon; at < line.length; at = valueWithType.lastIndex) {
    valueWithType.lastIndex = at;
    const match = valueWithType.exec(line);
    if (match === null) return undefined;
    const [, text = "", type = "", rateText] = match;
    // A line with values of several kinds would be several series.
    if (!Object.hasOwn(kinds, type) || type === "s" || (kind !== undefined && kinds[type] !== kind))
      return undefined;
    kind = kinds[type]!;
    const value = parseNumber(text);
    if (value === undefined) return bad("value");
    const rate = rateText === undefined ? 1 : parseNumber(rateText);
    if (rate === undefined || rate < lowestRate || rate > 1) return bad("sample-rate");
    values.push(value);
    rates.push(rate);
    isDelta.push(kind === "gauge" && options.signedGauge === "delta" && (text[0] === "+" || text[0] === "-"));
  }
  if (kind === undefined || values.length < 2) return undefined;
  const name = line.slice(0, colon);
  return {
    line: "metric",
    sample: { kind, name, tags: noTags, values, isDelta, member: "", sampleRate: 1, rates },
  };
}

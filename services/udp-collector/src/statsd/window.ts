import { isUtf8 } from "node:buffer";
import type { BadLineReason } from "@fairlead/contracts";
import { type LineOptions, parseLine, type Sample } from "./line.ts";
import {
  createSeries,
  type GaugeMemory,
  type MemoryBudget,
  type Series,
  seriesKey,
  type UnplacedRecord,
} from "./series.ts";

export interface WindowOptions extends LineOptions {
  /** Series at most; a line that would make one more is passed raw with "series-limit". */
  readonly maxSeries: number;
  /** Memory of all series, estimated; a line that needs more is passed raw with "memory-limit". */
  readonly maxStateBytes: number;
  /** Bytes of events, service checks and raw lines that are kept; more are counted in the summary only. */
  readonly maxRawBytes: number;
}

/** Who sent a datagram and when, as the records show it. */
export interface Arrival {
  readonly from: string;
  readonly receivedAt: string;
}

/** Estimate of an empty series with its key, its tags and its entry in the map. */
const seriesBytes = 400;

/** The values of gauges over several windows. The least recently set value is forgotten first. */
export class RecentGauges implements GaugeMemory {
  readonly #values = new Map<string, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): number {
    return this.#values.get(key) ?? 0;
  }

  set(key: string, value: number): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#max) this.#values.delete(this.#values.keys().next().value!);
  }
}

/** Everything between two flushes. Every part is bounded; a line that does not fit is counted and, while there is room, kept raw. */
export class StatsdWindow implements MemoryBudget {
  readonly #options: WindowOptions;
  readonly #gauges: GaugeMemory;
  readonly #series = new Map<string, Series>();
  readonly #passed: UnplacedRecord[] = [];
  readonly #bad = new Map<BadLineReason, number>();
  #stateBytes = 0;
  #rawBytes = 0;
  #rawNotKept = 0;
  #datagrams = 0;
  #lines = 0;

  constructor(options: WindowOptions, gauges: GaugeMemory) {
    this.#options = options;
    this.#gauges = gauges;
  }

  get datagrams(): number {
    return this.#datagrams;
  }

  get lines(): number {
    return this.#lines;
  }

  get series(): number {
    return this.#series.size;
  }

  get badLines(): ReadonlyMap<BadLineReason, number> {
    return this.#bad;
  }

  take(bytes: number): boolean {
    if (this.#stateBytes + bytes > this.#options.maxStateBytes) return false;
    this.#stateBytes += bytes;
    return true;
  }

  add(datagram: Buffer, arrival: () => Arrival): void {
    this.#datagrams++;
    if (isUtf8(datagram)) {
      for (const line of datagram.toString("utf8").split("\n")) this.#addLine(line, arrival);
      return;
    }
    for (let start = 0; start < datagram.length; ) {
      const end = datagram.indexOf(0x0a, start);
      const line = datagram.subarray(start, end === -1 ? datagram.length : end);
      if (isUtf8(line)) this.#addLine(line.toString("utf8"), arrival);
      else {
        this.#lines++;
        this.#refuse("encoding", line.length, () => ({ base64: line.toString("base64") }), arrival);
      }
      start += line.length + 1;
    }
  }

  #addLine(sent: string, arrival: () => Arrival): void {
    const text = sent.endsWith("\r") ? sent.slice(0, -1) : sent;
    if (text === "") return;
    this.#lines++;
    const parsed = parseLine(text, this.#options);
    if (parsed.line === "event") {
      this.#pass(text.length, () => ({ kind: "event", ...arrival(), ...parsed.event }));
    } else if (parsed.line === "service-check") {
      this.#pass(text.length, () => ({ kind: "service-check", ...arrival(), ...parsed.check }));
    } else {
      const reason = parsed.line === "bad" ? parsed.reason : this.#addSample(parsed.sample);
      if (reason) this.#refuse(reason, text.length, () => ({ text }), arrival);
    }
  }

  #addSample(sample: Sample): BadLineReason | undefined {
    const key = seriesKey(sample);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= this.#options.maxSeries) return "series-limit";
      if (!this.take(seriesBytes + 4 * key.length)) return "memory-limit";
      series = createSeries(sample, key, this, this.#gauges);
      if (!series.add(sample)) return "memory-limit";
      this.#series.set(key, series);
      return undefined;
    }
    return series.add(sample) ? undefined : "memory-limit";
  }

  #refuse(
    reason: BadLineReason,
    bytes: number,
    raw: () => { text: string } | { base64: string },
    arrival: () => Arrival,
  ): void {
    this.#bad.set(reason, (this.#bad.get(reason) ?? 0) + 1);
    this.#pass(bytes, () => ({ kind: "raw", ...arrival(), reason, ...raw() }));
  }

  #pass(bytes: number, record: () => UnplacedRecord): void {
    // V8 may need two bytes for a character; the record around the text needs the rest.
    const needed = 2 * bytes + 200;
    if (this.#rawBytes + needed > this.#options.maxRawBytes) {
      this.#rawNotKept++;
      return;
    }
    this.#rawBytes += needed;
    this.#passed.push(record());
  }

  /** The number of records that `records` gives. */
  get recordCount(): number {
    return this.#series.size + this.#passed.length + 1;
  }

  /** All series, then what was passed through, then the summary. */
  *records(): Generator<UnplacedRecord> {
    for (const series of this.#series.values()) yield series.toRecord();
    yield* this.#passed;
    yield {
      kind: "summary",
      datagrams: this.#datagrams,
      lines: this.#lines,
      series: this.#series.size,
      badLines: Object.fromEntries(this.#bad),
      rawNotKept: this.#rawNotKept,
    };
  }
}

import { type CloudEvent, formatMicros, recordsEvent } from "@fairlead/contracts";
import { formatAddress } from "@fairlead/core";
import { cutLines, type Selection } from "../pieces.ts";
import { reject, type Session, type SessionParts } from "../session.ts";
import type { StatsdConfig } from "./config.ts";
import { RecentGauges, StatsdWindow } from "./window.ts";

/** Records of one event at most: a line seldom has less than 200 bytes, so the byte limit comes first. */
const maxEventRecords = 100_000;

/**
 * The session aggregates over an interval, then publishes. A datagram is pending until the last event of its flush is
 * durable. While the bus takes nothing the window stays open: an outage costs resolution in time, no value.
 */
export class StatsdSession implements Session {
  readonly intervalMs = 0;
  readonly #config: StatsdConfig;
  readonly #parts: SessionParts<"lines" | "badLines">;
  readonly #gauges: RecentGauges;
  readonly #stopped = new AbortController();
  readonly #flushing: Promise<void>;
  #window: StatsdWindow;
  #openedAtMs: number;
  #nextSeq = 1;

  constructor(config: StatsdConfig, parts: SessionParts<"lines" | "badLines">) {
    this.#config = config;
    this.#parts = parts;
    this.#gauges = new RecentGauges(config.maxSeries);
    this.#window = this.#createWindow();
    this.#openedAtMs = parts.clock.nowMs();
    this.#flushing = this.#flushRepeatedly();
    // `finish` waits for the end of the flushing. To be told to give up before is no defect; anything else must be seen.
    this.#flushing.catch((error) => {
      if (!parts.givingUp.aborted) throw error;
    });
  }

  async take(datagrams: Selection): Promise<void> {
    for (let index = 0; index < datagrams.count; index++) {
      this.#window.add(datagrams.payload(index), () => ({
        from: formatAddress(datagrams.source(index)),
        receivedAt: formatMicros(datagrams.receivedAtMicros(index)),
      }));
    }
  }

  async finish(): Promise<void> {
    this.#stopped.abort();
    await this.#flushing;
    await this.#flush();
  }

  #createWindow(): StatsdWindow {
    return new StatsdWindow(this.#config, this.#gauges);
  }

  async #flushRepeatedly(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#stopped;
    let nextMs = clock.monotonicMs();
    while (!signal.aborted) {
      // The plan counts from the last planned flush, so the interval does not drift. After an outage the plan begins anew.
      nextMs = Math.max(nextMs + this.#config.flushInterval, clock.monotonicMs());
      try {
        await clock.sleep(Math.max(1, nextMs - clock.monotonicMs()), signal);
      } catch {
        return;
      }
      await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    const { publisher, ledger, counters, clock } = this.#parts;
    const window = this.#window;
    const startMs = this.#openedAtMs;
    const endMs = clock.nowMs();
    this.#window = this.#createWindow();
    this.#openedAtMs = endMs;
    if (window.datagrams === 0) return;
    counters.lines(window.lines);
    for (const [reason, count] of window.badLines) counters.badLines(count, reason);

    const refusals: Error[] = [];
    for (const event of this.#events(window, startMs, endMs)) {
      await publisher.publishTogether([event], (_, error) => {
        if (error) refusals.push(error);
      });
    }
    // A datagram may be part of several events, so what one of them came to goes for all datagrams of the window.
    const [refusal] = refusals;
    if (refusal === undefined) ledger.publish(window.datagrams);
    else if (!reject(this.#parts, window.datagrams, refusal)) throw refusal;
  }

  *#events(window: StatsdWindow, startMs: number, endMs: number): Generator<CloudEvent> {
    const { eventType, source, subject } = this.#parts;
    const bounds = { windowStart: new Date(startMs).toISOString(), windowEnd: new Date(endMs).toISOString() };
    const firstSeq = this.#nextSeq;
    this.#nextSeq += window.recordCount;
    const records = window.records();
    const cut = cutLines((index) => {
      const record = records.next().value;
      return Buffer.from(`${JSON.stringify({ seq: firstSeq + index, ...bounds, ...record })}\n`);
    });
    const limits = { maxRecords: maxEventRecords, maxBytes: this.#config.maxEventBytes };
    for (const piece of cut(window.recordCount, limits)) {
      const fields = {
        source,
        subject,
        datacontenttype: piece.mediaType,
        data: piece.data,
        timeMs: endMs,
        recordCount: piece.to - piece.from,
        firstSeq: firstSeq + piece.from,
      };
      yield recordsEvent(eventType, fields, { intervalms: endMs - startMs });
    }
  }
}

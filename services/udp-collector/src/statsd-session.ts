import { formatMicros, udpStatsd } from "@fairlead/contracts";
import { type Clock, type CloudEvent, formatAddress } from "@fairlead/core";
import type { StatsdListenerConfig } from "./config.ts";
import { cutLines, type Selection } from "./protocol.ts";
import type { Session, SessionDependencies } from "./session.ts";
import { RecentGauges, StatsdWindow } from "./statsd/window.ts";

/** Records of one event at most: a line is seldom below 200 bytes, so that the byte limit comes first. */
const maxEventRecords = 100_000;

/**
 * Aggregates over an interval, then publishes. A datagram is pending until the last event of its flush is durable. While the
 * bus takes nothing the window stays open and goes on aggregating: an outage costs resolution in time, no value.
 */
export class StatsdSession implements Session {
  readonly #config: StatsdListenerConfig;
  readonly #deps: SessionDependencies;
  readonly #clock: Clock;
  readonly #gauges: RecentGauges;
  readonly #stopped = new AbortController();
  readonly #flushing: Promise<void>;
  #window: StatsdWindow;
  #openedAtMs: number;
  #nextSeq = 1;

  constructor(config: StatsdListenerConfig, deps: SessionDependencies, clock: Clock) {
    this.#config = config;
    this.#deps = deps;
    this.#clock = clock;
    this.#gauges = new RecentGauges(config.maxSeries);
    this.#window = this.#createWindow();
    this.#openedAtMs = clock.nowMs();
    this.#flushing = this.#flushRepeatedly();
    // Its end is awaited in `finish`; being told to give up before is no defect, anything else must not stay unseen.
    this.#flushing.catch((error) => {
      if (!deps.publisher.hasGivenUp) throw error;
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
    return new StatsdWindow(this.#config, this.#config, this.#gauges);
  }

  async #flushRepeatedly(): Promise<void> {
    const { signal } = this.#stopped;
    let nextMs = this.#clock.monotonicMs();
    while (!signal.aborted) {
      // From the plan and not from the end of the last flush, so that the interval does not drift; after an outage anew.
      nextMs = Math.max(nextMs + this.#config.flushInterval, this.#clock.monotonicMs());
      try {
        await this.#clock.sleep(Math.max(1, nextMs - this.#clock.monotonicMs()), signal);
      } catch {
        return;
      }
      await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    const { publisher, ledger, events } = this.#deps;
    const window = this.#window;
    const startMs = this.#openedAtMs;
    const endMs = this.#clock.nowMs();
    this.#window = this.#createWindow();
    this.#openedAtMs = endMs;
    if (window.datagrams === 0) return;
    events.statsdLines(window.lines, window.badLines);

    let refused: { reason: "too-large" | "refused"; error: unknown } | undefined;
    for (const event of this.#events(window, startMs, endMs)) {
      await publisher.publish([event], (_, outcome, error) => {
        if (outcome !== "published") refused = { reason: outcome, error };
      });
    }
    if (refused === undefined) {
      ledger.published(window.datagrams);
    } else {
      ledger.rejected(refused.reason, window.datagrams);
      events.rejected(refused.reason, window.datagrams, refused.error);
    }
  }

  *#events(window: StatsdWindow, startMs: number, endMs: number): Generator<CloudEvent> {
    const { source, subject } = this.#deps;
    const bounds = { windowStart: new Date(startMs).toISOString(), windowEnd: new Date(endMs).toISOString() };
    const firstSeq = this.#nextSeq;
    this.#nextSeq += window.recordCount;
    const records = window.records();
    const cut = cutLines((index) => {
      const record = records.next().value;
      return Buffer.from(`${JSON.stringify({ seq: firstSeq + index, ...bounds, ...record })}\n`);
    });
    const limits = { maxRecords: maxEventRecords, maxBytes: this.#config.maxEventBytes };
    for (const piece of cut(0, window.recordCount, limits)) {
      yield udpStatsd({
        source,
        subject,
        data: piece.data,
        timeMs: endMs,
        recordCount: piece.to - piece.from,
        firstSeq: firstSeq + piece.from,
        intervalMs: endMs - startMs,
      });
    }
  }
}

import { type Clock, type Logger, type Meter, onAbort, RateLimiter, toError } from "@fairlead/core";
import { TraceFlags } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";

export interface SpanQueueOptions {
  readonly maxQueuedSpans: number;
  readonly maxBatchSpans: number;
  readonly delayMs: number;
  /** Sends spans and gives the number of those that the collector did not take. Only one call runs at a time. */
  send(spans: readonly ReadableSpan[], limit: AbortSignal, closing: AbortSignal): Promise<number>;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly clock: Clock;
}

type LossReason = "queue-full" | "not-sent" | "rejected";

/**
 * Spans on their way to the collector: one request at a time, and a bounded number of spans that wait. Beyond that number the
 * newest are dropped. The sum closes: every sampled span that has ended is sent, lost for a reason, or pending. The queue of the
 * SDK is not used, because that queue neither counts its drops nor bounds the time of its end.
 */
export class SpanQueue implements SpanProcessor {
  readonly #options: SpanQueueOptions;
  readonly #queue: ReadableSpan[] = [];
  readonly #sent;
  readonly #lost;
  readonly #warnings: RateLimiter;
  readonly #scrape: Disposable;
  readonly #closing = new AbortController();
  readonly #limit = new AbortController();
  #timer: Disposable | undefined;
  #sending: Promise<void> | undefined;
  #inFlight = 0;
  #untold = 0;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    const { meter, clock } = options;
    this.#warnings = new RateLimiter(1 / 60, 1, clock);
    this.#sent = meter.counter({
      name: "fairlead_traces_sent_spans_total",
      help: "Spans that the collector took.",
    });
    this.#lost = meter.counter({
      name: "fairlead_traces_lost_spans_total",
      help: "Spans that the collector did not get, by the reason: queue-full, not-sent, rejected.",
      labels: ["reason"],
    });
    const pending = meter.gauge({
      name: "fairlead_traces_pending_spans",
      help: "Spans that wait to be sent.",
    });
    this.#scrape = meter.onScrape(() => pending.set(this.#queue.length + this.#inFlight));
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#closing.signal.aborted) this.#lose(1, "not-sent");
    else if (this.#queue.length >= this.#options.maxQueuedSpans) this.#lose(1, "queue-full");
    else {
      this.#queue.push(span);
      this.#schedule();
    }
  }

  async forceFlush(): Promise<void> {
    while (this.#queue.length > 0 || this.#sending) await (this.#sending ?? this.#sendBatch());
  }

  /** Sends the spans that wait, each batch once. Spans that are left when the signal fires are lost. */
  async close(limit: AbortSignal): Promise<void> {
    this.#closing.abort();
    this.#timer?.[Symbol.dispose]();
    using _ = onAbort(limit, () => this.#limit.abort());
    await this.#sending;
    await this.forceFlush();
    if (this.#untold > 0) this.#warn({});
    this.#scrape[Symbol.dispose]();
  }

  shutdown(): Promise<void> {
    return this.close(AbortSignal.abort());
  }

  #schedule(): void {
    if (this.#sending || this.#closing.signal.aborted) return;
    const { maxBatchSpans, delayMs, clock } = this.#options;
    if (this.#queue.length >= maxBatchSpans) void this.#sendBatch();
    else if (this.#queue.length > 0) this.#timer ??= clock.timer(delayMs, () => void this.#sendBatch());
  }

  #sendBatch(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const batch = this.#queue.splice(0, this.#options.maxBatchSpans);
    this.#inFlight = batch.length;
    this.#sending = this.#deliver(batch).then(() => {
      this.#inFlight = 0;
      this.#sending = undefined;
      this.#schedule();
    });
    return this.#sending;
  }

  async #deliver(batch: readonly ReadableSpan[]): Promise<void> {
    try {
      const rejected = await this.#options.send(batch, this.#limit.signal, this.#closing.signal);
      this.#sent.increment(batch.length - rejected);
      if (rejected > 0) this.#lose(rejected, "rejected");
    } catch (error) {
      this.#lose(batch.length, "not-sent", error);
    }
  }

  #lose(spans: number, reason: LossReason, error?: unknown): void {
    this.#lost.increment(spans, { reason });
    this.#untold += spans;
    const err = error === undefined ? {} : { err: toError(error) };
    if (this.#warnings.take() === 0) this.#warn({ reason, ...err });
  }

  #warn(fields: object): void {
    this.#options.logger.warn({ spans: this.#untold, ...fields }, "spans lost on the way to the collector");
    this.#untold = 0;
  }
}

import type { Bus } from "@fairlead/bus";
import { backoffMs, type Clock, type CloudEvent } from "@fairlead/core";
import { publishFailure } from "./errors.ts";

/** What became of an event. The last two mean that the bus will never take it. */
export type Outcome = "published" | "too-large" | "refused";

export interface PublisherOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  /** Gives up what is not published yet: the time for a stop is over. */
  readonly signal: AbortSignal;
  /** Told of every failed attempt that will be repeated, and of the success after it. */
  readonly onRetry: (error: unknown, attempt: number, delayMs: number) => void;
  readonly onRecovered: (attempts: number) => void;
}

/** Waits between the attempts: short enough that a disk with room again is noticed within two seconds. */
const waits = { minDelayMs: 50, maxDelayMs: 2_000 };

/** Brings events onto the bus, in their order, for as long as it takes. */
export class Publisher {
  readonly #options: PublisherOptions;
  #failures = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Failed attempts in a row; 0 when all is well. */
  get failures(): number {
    return this.#failures;
  }

  get hasGivenUp(): boolean {
    return this.#options.signal.aborted;
  }

  /**
   * Resolves when every event is durable or refused for good. Retryable failures are repeated with the same event, so
   * with the same id, and nothing later is begun meanwhile.
   * @param settled told of each event by its index, as soon as its outcome is known
   * @throws the reason of the signal, when it fires while something is still to be published
   */
  async publish(
    events: readonly CloudEvent[],
    settled: (index: number, outcome: Outcome, error?: unknown) => void,
  ): Promise<void> {
    const { bus, clock, signal, onRetry, onRecovered } = this.#options;
    let open = events.map((_, index) => index);
    for (let attempt = 1; ; attempt++) {
      const results = await Promise.allSettled(open.map((index) => bus.publish(events[index]!)));
      let lastError: unknown;
      open = open.filter((index, place) => {
        const result = results[place]!;
        if (result.status === "fulfilled") {
          settled(index, "published");
          return false;
        }
        const failure = publishFailure(result.reason);
        if (failure.action === "reject") {
          settled(index, failure.reason, result.reason);
          return false;
        }
        lastError = result.reason;
        return true;
      });
      if (open.length === 0) {
        if (this.#failures > 0) onRecovered(this.#failures);
        this.#failures = 0;
        return;
      }
      this.#failures++;
      const delayMs = backoffMs(attempt, waits);
      onRetry(lastError, attempt, delayMs);
      await clock.sleep(delayMs, signal);
    }
  }
}

import type { Bus } from "@fairlead/bus";
import type { CloudEvent } from "@fairlead/contracts";
import { backoffMs, type Clock, FairleadError, toError } from "@fairlead/core";

/** What the publishers of one listener share. */
export interface RetryingPublisherParts {
  readonly bus: Pick<Bus, "publish">;
  readonly clock: Clock;
  /** Fires when the time to stop is over: what is refused is tried once more and then given up. */
  readonly givingUp: AbortSignal;
  /** Told of every failed attempt that will be repeated. */
  onRetry(error: Error, attempt: number, delayMs: number): void;
  /** Told of the success that ends a row of failed attempts. */
  onRecovered(attempts: number): void;
}

/** Waits between the attempts: short enough that a disk with room again is noticed within two seconds. */
const waits = { minDelayMs: 50, maxDelayMs: 2_000 };

/** True for an error after which the bus never takes the event. What is not known to be final is tried again. */
export const isFinal = (error: Error) => error instanceof FairleadError && !error.retryable;

/**
 * Publishes events whose sender will not repeat them, for as long as it takes. What the bus refuses for now is tried again,
 * as the same event and so with the same id. Calls wait for each other: nothing overtakes an event that was refused.
 */
export class RetryingPublisher {
  readonly #parts: RetryingPublisherParts;
  #last: Promise<unknown> = Promise.resolve();
  #failures = 0;

  constructor(parts: RetryingPublisherParts) {
    this.#parts = parts;
  }

  /** Failed attempts in a row; 0 when all is well. */
  get failures(): number {
    return this.#failures;
  }

  /** True while the bus refuses an event: nothing more should be read. */
  get isHolding(): boolean {
    return this.#failures > 0;
  }

  /** Resolves when the event is durable. @throws what the bus said, when it never takes the event or the time is over */
  async publish(event: CloudEvent): Promise<void> {
    let failure: Error | undefined;
    await this.publishTogether([event], (_, error) => {
      failure = error;
    });
    if (failure) throw failure;
  }

  /**
   * Hands several events to the bus at once and resolves when each is settled: durable, never taken, or given up.
   *
   * @param settled told of each event by its index as soon as it is settled; `error` is undefined when it is durable
   */
  publishTogether(
    events: readonly CloudEvent[],
    settled: (index: number, error: Error | undefined) => void,
  ): Promise<void> {
    const turn = this.#last.then(() => this.#publishInTurn(events, settled));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #publishInTurn(
    events: readonly CloudEvent[],
    settled: (index: number, error: Error | undefined) => void,
  ): Promise<void> {
    const { bus, clock, givingUp, onRetry, onRecovered } = this.#parts;
    let open = [...events.keys()];
    for (let attempt = 1; ; attempt++) {
      const isLast = givingUp.aborted;
      const results = await Promise.allSettled(open.map((index) => bus.publish(events[index]!)));
      let failure: Error | undefined;
      open = open.filter((index, place) => {
        const result = results[place]!;
        const error = result.status === "rejected" ? toError(result.reason) : undefined;
        const isOpen = error !== undefined && !isLast && !isFinal(error);
        if (isOpen) failure = error;
        else settled(index, error);
        return isOpen;
      });
      if (failure === undefined) {
        if (this.#failures > 0 && !isLast) onRecovered(this.#failures);
        this.#failures = 0;
        return;
      }
      this.#failures++;
      const delayMs = backoffMs(attempt, waits);
      onRetry(failure, attempt, delayMs);
      // The sleep ends early when the time is over.
      await clock.sleep(delayMs, givingUp).catch(() => {});
    }
  }
}

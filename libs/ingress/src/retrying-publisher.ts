import { backoffMs, type Clock, type CloudEvent, FairleadError, toError } from "@fairlead/core";
import type { BusWatch } from "./bus-watch.ts";

/** What the connections of a listener without acknowledgements share. */
export interface Patience {
  readonly watch: BusWatch;
  readonly clock: Clock;
  /** Fires when the time to stop is over: what is still refused is given up. */
  readonly givingUp: AbortSignal;
  /** The bus refuses for now; the records are kept. */
  onHeld(error: Error): void;
}

/** Waits between the attempts: short enough that a disk with room again is noticed within two seconds. */
const waits = { minDelayMs: 50, maxDelayMs: 2_000 };

/**
 * Publishes the events of one connection whose client will not repeat them. What the bus refuses for now is kept and tried
 * again, with the same id, until it is taken. One event at a time: the next one must not overtake one that was refused.
 */
export class PatientPublisher {
  readonly #publish: (event: CloudEvent) => Promise<void>;
  readonly #patience: Patience;
  #last: Promise<unknown> = Promise.resolve();
  #isHolding = false;

  constructor(publish: (event: CloudEvent) => Promise<void>, patience: Patience) {
    this.#publish = publish;
    this.#patience = patience;
  }

  /** True while an event is refused: nothing more should be read. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** Resolves when the event is durable. @throws what the bus said, when it never takes the event or the time is over */
  publish(event: CloudEvent): Promise<void> {
    const turn = this.#last.then(() => this.#publishOne(event));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #publishOne(event: CloudEvent): Promise<void> {
    const { clock, givingUp, onHeld } = this.#patience;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#publish(event);
        this.#isHolding = false;
        return;
      } catch (error) {
        if (givingUp.aborted || !(error instanceof FairleadError && error.retryable)) throw error;
        this.#isHolding = true;
        onHeld(toError(error));
        // Ends early when the time is over; the attempt after that is the last.
        await clock.sleep(backoffMs(attempt, waits), givingUp).catch(() => {});
      }
    }
  }
}

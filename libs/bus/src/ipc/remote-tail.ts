import type { LoggedEvent } from "../bus.ts";
import { eventCost, tailCredit } from "./protocol.ts";

/** Credit is given back in portions of this, so that not every event costs a message. */
const creditPortion = tailCredit / 4;

/** The receiving end of one tail. Holds at most the credit that it gave, and one event. */
export class RemoteTailQueue {
  readonly #giveCredit: (bytes: number) => void;
  readonly #events: LoggedEvent[] = [];
  #head = 0;
  #consumed = 0;
  #over: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(giveCredit: (bytes: number) => void) {
    this.#giveCredit = giveCredit;
  }

  push(logged: LoggedEvent): void {
    this.#events.push(logged);
    this.#wake?.();
  }

  /** No more events; with an error, the iteration throws it after what has come. */
  end(error?: Error): void {
    this.#over ??= { error };
    this.#wake?.();
  }

  async *take(signal: AbortSignal | undefined): AsyncGenerator<LoggedEvent, void, void> {
    const wake = () => this.#wake?.();
    signal?.addEventListener("abort", wake, { once: true });
    try {
      while (!signal?.aborted) {
        const next = this.#events[this.#head];
        if (next !== undefined) {
          this.#advance(next);
          yield next;
        } else if (this.#over) {
          if (this.#over.error) throw this.#over.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  #advance(taken: LoggedEvent): void {
    if (++this.#head === this.#events.length) {
      this.#events.length = 0;
      this.#head = 0;
    }
    this.#consumed += eventCost(taken.event);
    if (this.#consumed < creditPortion) return;
    this.#giveCredit(this.#consumed);
    this.#consumed = 0;
  }
}

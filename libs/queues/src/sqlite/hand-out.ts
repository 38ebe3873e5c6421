/** Brings free slots and ready messages of one queue together: exactly as many are taken from the store as slots are free. */
import { type Clock, type Logger, onAbort } from "@fairlead/core";
import type { Taken, TakenMessage } from "./thread-messages.ts";

export interface HandOutParts {
  readonly take: (kind: string, count: number) => Promise<Taken>;
  /** Gives back a message for which there is no slot any more. */
  readonly release: (message: TakenMessage) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The pause after a failed look at the store. */
const pauseMs = 500;

export class HandOut {
  readonly #kind: string;
  readonly #parts: HandOutParts;
  readonly #free: ((message: TakenMessage | undefined) => void)[] = [];
  #isTaking = false;
  /** Something may have become ready since the last look was begun. */
  #isDirty = false;
  #timer: Disposable | undefined;

  constructor(kind: string, parts: HandOutParts) {
    this.#kind = kind;
    this.#parts = parts;
  }

  /** Waits in turn; undefined when the signal fires first. */
  async next(signal: AbortSignal): Promise<TakenMessage | undefined> {
    if (signal.aborted) return undefined;
    const slot = Promise.withResolvers<TakenMessage | undefined>();
    this.#free.push(slot.resolve);
    using _ = onAbort(signal, () => {
      const place = this.#free.indexOf(slot.resolve);
      if (place !== -1) this.#free.splice(place, 1);
      slot.resolve(undefined);
    });
    this.look();
    return await slot.promise;
  }

  /** Something may be ready: look once more. */
  look(): void {
    this.#isDirty = true;
    if (!this.#isTaking) void this.#takeAll();
  }

  async #takeAll(): Promise<void> {
    this.#isTaking = true;
    while (this.#isDirty && this.#free.length > 0) {
      this.#isDirty = false;
      this.#timer?.[Symbol.dispose]();
      const count = this.#free.length;
      try {
        const { messages, nextDueMs } = await this.#parts.take(this.#kind, count);
        for (const message of messages) {
          const slot = this.#free.shift();
          if (slot !== undefined) slot(message);
          else this.#parts.release(message);
        }
        if (messages.length === count) this.#isDirty = true;
        else if (nextDueMs !== undefined) this.#lookIn(nextDueMs - this.#parts.clock.nowMs());
      } catch (error) {
        this.#parts.logger.warn(
          { err: error, kind: this.#kind },
          "cannot look into a work queue; trying again",
        );
        this.#lookIn(pauseMs);
      }
    }
    this.#isTaking = false;
  }

  #lookIn(ms: number): void {
    this.#timer = this.#parts.clock.timer(Math.max(0, ms), () => this.look());
  }
}

import { type Clock, systemClock } from "./clock.ts";
import { FairleadError } from "./errors.ts";

/**
 * A rate limit within this process by the generic cell rate algorithm (ITU-T I.371): `ratePerSecond` on average, `burst` at once.
 * The whole state is one number, so that a limiter for each remote address stays cheap.
 */
export class RateLimiter {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  readonly #clock: Clock;
  /** Theoretical arrival time of the next conforming call, in milliseconds of the monotonic clock. */
  #arrivalMs = Number.NEGATIVE_INFINITY;

  constructor(ratePerSecond: number, burst: number, clock: Clock = systemClock) {
    if (!(ratePerSecond > 0) || !(burst >= 1)) {
      throw new FairleadError(
        "BAD_LIMIT",
        `Cannot limit to ${ratePerSecond}/s with a burst of ${burst}: the rate must be above 0 and the burst at least 1`,
      );
    }
    this.#intervalMs = 1_000 / ratePerSecond;
    this.#toleranceMs = this.#intervalMs * (burst - 1);
    this.#clock = clock;
  }

  /** Takes one permit. Gives 0 when the call is allowed, else the milliseconds after which a call would be. */
  take(): number {
    const now = this.#clock.monotonicMs();
    const arrival = Math.max(this.#arrivalMs, now);
    const waitMs = arrival - this.#toleranceMs - now;
    if (waitMs > 0) return waitMs;
    this.#arrivalMs = arrival + this.#intervalMs;
    return 0;
  }

  /** True when all permits are back. A new limiter would behave the same, so this one may be forgotten. */
  get isIdle(): boolean {
    return this.#arrivalMs <= this.#clock.monotonicMs();
  }
}

/** At most `limit` holders at once; the others wait in order. */
export class Semaphore {
  readonly #limit: number;
  #held = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new FairleadError("BAD_LIMIT", `Cannot limit to ${limit} at once: give a whole number from 1`);
    }
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** Resolves when a place is free. Dispose the result to release the place. */
  async acquire(): Promise<Disposable> {
    if (this.#held < this.#limit) this.#held++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let released = false;
    return {
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        const next = this.#waiting.shift();
        if (next) next();
        else this.#held--;
      },
    };
  }
}

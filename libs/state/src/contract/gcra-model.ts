import fc from "fast-check";
import type { RateLimitDecision } from "../state.ts";

/**
 * The generic cell rate algorithm as the standard writes it (ITU-T I.371, virtual scheduling): a theoretical arrival time
 * and nothing else, in whole numbers, so without any rounding. Times are scaled by `permits`, rates are
 * `permits` / `seconds`.
 */
export class GcraModel {
  readonly #permits: bigint;
  readonly #interval: bigint;
  readonly #burst: bigint;
  #arrival = 0n;

  constructor(permits: number, seconds: number, burst: number) {
    this.#permits = BigInt(permits);
    this.#interval = BigInt(seconds) * 1_000_000n;
    this.#burst = BigInt(burst);
  }

  take(nowUs: number): RateLimitDecision {
    const now = BigInt(nowUs) * this.#permits;
    const arrival = this.#arrival > now ? this.#arrival : now;
    const wait = arrival - this.#interval * (this.#burst - 1n) - now;
    const isAllowed = wait <= 0n;
    if (isAllowed) this.#arrival = arrival + this.#interval;
    const later = isAllowed ? this.#arrival : arrival;
    const left = (this.#interval * this.#burst - (later - now)) / this.#interval;
    const perMs = 1_000n * this.#permits;
    return {
      isAllowed,
      retryAfterMs: isAllowed ? 0 : Number((wait + perMs - 1n) / perMs),
      remaining: isAllowed || left > 0n ? Number(left) : 0,
    };
  }
}

export interface GcraRun {
  readonly permits: number;
  readonly seconds: number;
  readonly burst: number;
  /** Milliseconds that pass before each call. */
  readonly pauses: readonly number[];
}

/** Limits and calls around what matters: bursts at one instant, pauses of about one interval, long silences. */
export const gcraRuns: fc.Arbitrary<GcraRun> = fc
  .record({
    permits: fc.integer({ min: 1, max: 500 }),
    seconds: fc.constantFrom(1, 2, 3, 7, 60),
    burst: fc.integer({ min: 1, max: 20 }),
  })
  .chain((limit) => {
    const interval = Math.ceil((limit.seconds * 1_000) / limit.permits);
    const pause = fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.nat(2 * interval) },
      { weight: 1, arbitrary: fc.nat(2 * interval * limit.burst) },
    );
    return fc.array(pause, { minLength: 1, maxLength: 60 }).map((pauses) => ({ ...limit, pauses }));
  });

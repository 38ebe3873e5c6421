import type { Clock } from "@fairlead/core";

/** How often time limits are looked at, in milliseconds. */
export const sweepMs = 250;

export interface Swept {
  /** Called once a sweep. May remove itself. */
  sweep(): void;
}

/**
 * One timer for all connections of a clock. Members count sweeps instead of reading a clock: that costs no timer and no
 * time stamp per connection, and when our own loop stands still no peer is blamed for it.
 */
export class Sweep {
  readonly #clock: Clock;
  readonly #members = new Set<Swept>();
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(member: Swept): void {
    this.#members.add(member);
    if (this.#timer === undefined) this.#arm();
  }

  remove(member: Swept): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#clock.timer(sweepMs, () => {
      this.#timer = undefined;
      for (const member of this.#members) member.sweep();
      if (this.#members.size > 0) this.#arm();
    });
  }
}

const sweeps = new WeakMap<Clock, Sweep>();

/** The sweep that all connections of a clock share. */
export function sharedSweep(clock: Clock): Sweep {
  let sweep = sweeps.get(clock);
  if (sweep === undefined) {
    sweep = new Sweep(clock);
    sweeps.set(clock, sweep);
  }
  return sweep;
}

/**
 * Sweeps that a limit stands for: it is over when more than so many have passed since the start, which is `limitMs` after
 * the start at the earliest and `limitMs + 2 * sweepMs` at the latest. Without a limit: never.
 */
export function sweepsOf(limitMs: number | undefined): number {
  return limitMs === undefined ? Number.POSITIVE_INFINITY : Math.ceil(limitMs / sweepMs);
}

import type { Clock } from "@fairlead/core";

/** The time between two checks of the time limits, in milliseconds. */
export const sweepMs = 250;

export interface Swept {
  /** Called once in each sweep. A member may remove itself. */
  sweep(): void;
}

/**
 * One timer for all connections of a clock. Members count sweeps instead of reading a clock. So a connection needs neither a timer
 * nor a time stamp, and no peer is blamed for the time in which our own loop stood still.
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
 * The sweeps of a limit. The limit is over when more sweeps than these have passed since the start: between `limitMs` and `limitMs
 * + 2 * sweepMs` after the start. Infinity where there is no limit.
 */
export function sweepsOf(limitMs: number | undefined): number {
  return limitMs === undefined ? Number.POSITIVE_INFINITY : Math.ceil(limitMs / sweepMs);
}

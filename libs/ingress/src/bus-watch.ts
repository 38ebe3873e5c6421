import type { Bus } from "@fairlead/bus";
import type { Clock } from "@fairlead/core";

/** How often a bus that takes nothing is looked at, in milliseconds. */
const lookMs = 250;

/** Tells the connections of a listener when the bus takes events again: one timer for all, and none while it does. */
export class BusWatch {
  readonly #bus: Pick<Bus, "health">;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #timer: Disposable | undefined;

  constructor(bus: Pick<Bus, "health">, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** False when a publish would fail now. */
  get isAccepting(): boolean {
    return this.#bus.health().canAccept;
  }

  /** Calls back once, when the bus accepts; calling it again with the same function before that changes nothing. */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
    this.#timer ??= this.#look();
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake);
  }

  #look(): Disposable {
    return this.#clock.timer(lookMs, () => {
      const isAccepting = this.isAccepting;
      const woken = isAccepting ? [...this.#waiting] : [];
      if (isAccepting) this.#waiting.clear();
      this.#timer = this.#waiting.size > 0 ? this.#look() : undefined;
      for (const wake of woken) wake();
    });
  }
}

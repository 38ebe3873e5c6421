import { type Clock, onAbort } from "../src/mod.ts";

/** A clock that stands still until `advance` is called. */
export class ManualClock implements Clock {
  #now: number;
  #waiting: { at: number; wake: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  nowMs(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#now;
  }

  timer(ms: number, callback: () => void): Disposable {
    const entry = { at: this.#now + ms, wake: callback };
    this.#waiting.push(entry);
    return {
      [Symbol.dispose]: () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
      },
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.timer(ms, () => {
        aborting[Symbol.dispose]();
        resolve();
      });
      const aborting = onAbort(signal, () => {
        timer[Symbol.dispose]();
        reject(signal?.reason);
      });
    });
  }

  /** Moves the time forward, waking sleepers and timers in order of their time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#waiting.filter((w) => w.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#now = next.at;
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }
}

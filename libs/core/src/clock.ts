import { setTimeout as sleepFor } from "node:timers/promises";
import { onAbort } from "./abort.ts";

/** The time. A clock is passed in, so that a test can set the time. */
export interface Clock {
  /** The wall clock in milliseconds since the epoch. The wall clock may jump. */
  nowMs(): number;
  /** Milliseconds of a clock that never goes back. Only differences mean something. */
  monotonicMs(): number;
  /** @throws the signal's reason when it fires first */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back after `ms`. The timer does not keep the process alive. Dispose to cancel. */
  timer(ms: number, callback: () => void): Disposable;
}

/** The longest delay of Node's timers. Node makes 1 ms of a longer one. */
const maxDelayMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      for (let leftMs = ms; ; leftMs -= maxDelayMs) {
        await sleepFor(Math.min(leftMs, maxDelayMs), undefined, signal ? { signal } : {});
        if (leftMs <= maxDelayMs) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
  timer: (ms, callback) => {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      const next = leftMs > maxDelayMs ? () => wait(leftMs - maxDelayMs) : callback;
      timer = setTimeout(next, Math.min(leftMs, maxDelayMs)).unref();
    };
    wait(ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** What `work` gives, or what `late` gives or throws once `ms` are over. The work itself goes on then. */
export async function within<T, Late>(
  ms: number,
  work: Promise<T>,
  late: () => Late,
  clock: Clock = systemClock,
): Promise<T | Late> {
  const over = Promise.withResolvers<void>();
  using _timer = clock.timer(ms, over.resolve);
  return await Promise.race([work, over.promise.then(late)]);
}

/** A clock that stands still until `advance` is called. For tests. */
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

import { setTimeout as sleepFor } from "node:timers/promises";

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

/** The time after the end of a lease for which its last fence is kept, against a clock that is set back: a day. */
export const fenceMemoryMs = 86_400_000;

/**
 * The fence of an acquisition, in both drivers: the store's clock in microseconds, or one more than the last fence of the name
 * where the clock is not ahead of that fence. So a fence grows even when the record of a name expires, a Redis is flushed or a
 * state file is lost. 2^53 microseconds are the year 2255.
 */
export function nextFence(nowMs: number, lastFence: number): number {
  return Math.max(lastFence + 1, nowMs * 1_000);
}

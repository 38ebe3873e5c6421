/** How long after the end of a lease its last fence is remembered, against a clock that is set back: a day. */
export const fenceMemoryMs = 86_400_000;

/**
 * The fence of an acquisition, in both drivers: the store's clock in microseconds, or one more than the last fence of
 * the name when the clock is not ahead of it. So a fence grows although the record of a name expires, a Redis is flushed
 * or a state file is lost: time has gone on. 2^53 microseconds are the year 2255.
 */
export function nextFence(nowMs: number, lastFence: number): number {
  return Math.max(lastFence + 1, nowMs * 1_000);
}

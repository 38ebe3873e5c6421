import { type Clock, systemClock } from "./clock.ts";
import { FairleadError } from "./errors.ts";

export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds. Default 100. */
  minDelayMs?: number;
  /** Upper bound of every delay, in milliseconds. Default 10,000. */
  maxDelayMs?: number;
  /** A number in [0, 1). Default Math.random. */
  random?: () => number;
}

/**
 * The delay before retry number `attempt` (counting from 1), in milliseconds: exponential with "equal jitter". The delay is at least
 * half of its bound, so that a failing peer is never asked without a pause.
 */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { minDelayMs = 100, maxDelayMs = 10_000, random = Math.random } = options;
  const bound = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(bound / 2 + (random() * bound) / 2);
}

export interface RetryOptions extends BackoffOptions {
  /** Calls at most, the first included. Default 5. */
  maxAttempts?: number;
  /** Ends the waiting: then the signal's reason is thrown. */
  signal?: AbortSignal;
  clock?: Clock;
  /** Default: an error of ours says so itself (`retryable`), and any other error is tried again. */
  isRetryable?: (error: unknown) => boolean;
  /** Called before each wait. */
  onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
}

const retryableByDefault = (error: unknown) => (error instanceof FairleadError ? error.retryable : true);

/** Calls `operation` until one call succeeds. @throws the last error of `operation` when the attempts are used up */
export async function retry<T>(
  operation: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { maxAttempts = 5, clock = systemClock, isRetryable = retryableByDefault } = options;
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      if (attempt >= maxAttempts || !isRetryable(error)) throw error;
      const delayMs = backoffMs(attempt, options);
      options.onRetry?.(error, attempt, delayMs);
      await clock.sleep(delayMs, options.signal);
    }
  }
}

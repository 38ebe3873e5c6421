/** The ladder of delays (docs/reference/rabbitmq.md): on RabbitMQ one queue each, because a quorum queue has one message TTL. */
export const delayMs = {
  "1s": 1_000,
  "5s": 5_000,
  "30s": 30_000,
  "2m": 120_000,
  "10m": 600_000,
  "1h": 3_600_000,
} as const;

export type RetryDelay = keyof typeof delayMs;

/** Shortest first. */
export const retryDelays = Object.keys(delayMs) as readonly RetryDelay[];

export const isRetryDelay = (value: unknown): value is RetryDelay =>
  typeof value === "string" && Object.hasOwn(delayMs, value);

/** The next delay for a message that was retried so often; undefined behind the last step of the ladder. */
export const delayAfter = (retries: number): RetryDelay | undefined => retryDelays[retries];

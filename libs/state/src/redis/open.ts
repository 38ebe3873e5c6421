import { type Clock, type Logger, silentLogger, systemClock } from "@fairlead/core";
import type { State } from "../state.ts";
import { type RedisAddressOptions, readRedisAddress } from "./address.ts";
import { RedisIdempotency } from "./idempotency.ts";
import { RedisLeases } from "./leases.ts";
import { type RedisLimits, RedisLink } from "./link.ts";
import { RedisPresence } from "./presence.ts";
import { RedisRateLimits } from "./rate-limits.ts";
import { RedisValues } from "./values.ts";

export interface RedisStateOptions extends RedisAddressOptions, Partial<RedisLimits> {
  clock?: Clock;
  logger?: Logger;
}

/**
 * Shared state in Redis 7 or 8. Resolves also when Redis is away. Operations then fail with STATE_UNAVAILABLE, `health()` says
 * since when and why, and the link connects as soon as Redis is back.
 *
 * @throws {StateError} INVALID_ARGUMENT for a text that is no address, or a file that cannot be read
 */
export async function openRedisState(options: RedisStateOptions): Promise<State> {
  const {
    clock = systemClock,
    logger = silentLogger,
    commandTimeoutMs = 1_000,
    operationTimeoutMs = 2_000,
    connectTimeoutMs = 5_000,
    maxReconnectDelayMs = 2_000,
    ...address
  } = options;
  const limits = { commandTimeoutMs, operationTimeoutMs, connectTimeoutMs, maxReconnectDelayMs };
  const link = new RedisLink(await readRedisAddress(address), limits, clock, logger);
  await link.open();
  return {
    leases: new RedisLeases(link),
    idempotency: new RedisIdempotency(link),
    rateLimits: new RedisRateLimits(link),
    presence: new RedisPresence(link),
    values: new RedisValues(link),
    health: () => ({ isAvailable: link.isAvailable, problems: link.problems() }),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

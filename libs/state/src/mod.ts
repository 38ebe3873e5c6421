/**
 * Shared state of all instances: leases with fences, idempotency keys, rate limits, presence and expiring values, in a
 * SQLite file or in Redis, behind the same interfaces.
 *
 * @module
 */
export { StateError, type StateErrorCode } from "./errors.ts";
export { maxKeyBytes, maxTtlMs, maxValueBytes } from "./limits.ts";
export { type OpenStateOptions, openState } from "./open.ts";
export type { RedisStateOptions } from "./redis/open.ts";
export { openSqliteState, type SqliteStateOptions } from "./sqlite/open.ts";
export type {
  Idempotency,
  IdempotencyClaim,
  Lease,
  Leases,
  Presence,
  PresentConnection,
  RateLimitDecision,
  RateLimits,
  State,
  StateHealth,
  Values,
} from "./state.ts";

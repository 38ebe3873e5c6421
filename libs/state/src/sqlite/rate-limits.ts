import { callMemoryMs, decide, microsPerMs } from "../gcra.ts";
import { checkKey, checkRate } from "../limits.ts";
import type { RateLimitDecision, RateLimits } from "../state.ts";
import type { SqliteStore } from "./store.ts";

export class SqliteRateLimits implements RateLimits {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  async take(key: string, ratePerSecond: number, burst: number, callId: string): Promise<RateLimitDecision> {
    checkKey("rate limit key", key);
    checkKey("call id", callId);
    checkRate(ratePerSecond, burst);
    const nowMs = this.#store.clock.nowMs();
    return this.#store.inMemory(`take a permit of ${key}`, (database) => {
      const call = database.get(
        "SELECT remaining FROM rate_call WHERE key = ? AND call_id = ? AND expires_ms > ?",
        ...[key, callId, nowMs],
      );
      if (call) return { isAllowed: true, retryAfterMs: 0, remaining: Number(call["remaining"]) };
      const row = database.get(
        "SELECT base_us, used, rate FROM rate WHERE key = ? AND expires_ms > ?",
        key,
        nowMs,
      );
      const before = row && {
        baseUs: Number(row["base_us"]),
        used: Number(row["used"]),
        rate: Number(row["rate"]),
      };
      const { decision, after, idleInMs } = decide(before, nowMs * microsPerMs, ratePerSecond, burst);
      if (!decision.isAllowed) return decision;
      database.run(
        "INSERT OR REPLACE INTO rate (key, base_us, used, rate, expires_ms) VALUES (?, ?, ?, ?, ?)",
        ...[key, after.baseUs, after.used, after.rate, nowMs + idleInMs],
      );
      database.run(
        "INSERT OR REPLACE INTO rate_call (key, call_id, remaining, expires_ms) VALUES (?, ?, ?, ?)",
        ...[key, callId, decision.remaining, nowMs + callMemoryMs],
      );
      return decision;
    });
  }
}

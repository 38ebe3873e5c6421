import { checkKey, checkSize, checkTtl } from "../limits.ts";
import type { Idempotency, IdempotencyClaim } from "../state.ts";
import type { SqliteStore } from "./store.ts";

export class SqliteIdempotency implements Idempotency {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  async claim(key: string, digest: string, claimId: string, ttlMs: number): Promise<IdempotencyClaim> {
    checkKey("idempotency key", key);
    checkKey("request digest", digest);
    checkKey("claim id", claimId);
    checkTtl(ttlMs);
    const now = this.#store.clock.nowMs();
    return this.#store.write(`claim idempotency key ${key}`, (database): IdempotencyClaim => {
      const row = database.get(
        "SELECT digest, claim_id, status, outcome FROM idempotency WHERE key = ? AND expires_ms > ?",
        ...[key, now],
      );
      if (row !== undefined && row["status"] !== "abandoned") {
        if (row["digest"] !== digest) return { status: "mismatch" };
        if (row["status"] === "completed") return { status: "completed", outcome: String(row["outcome"]) };
        if (row["claim_id"] !== claimId) return { status: "pending" };
      }
      database.run(
        `INSERT OR REPLACE INTO idempotency (key, digest, claim_id, status, expires_ms) VALUES (?, ?, ?, 'pending', ?)`,
        ...[key, digest, claimId, now + ttlMs],
      );
      return { status: "claimed" };
    });
  }

  async complete(key: string, claimId: string, outcome: string, ttlMs: number): Promise<boolean> {
    checkKey("idempotency key", key);
    checkKey("claim id", claimId);
    checkSize("outcome", outcome);
    checkTtl(ttlMs);
    const now = this.#store.clock.nowMs();
    // The first outcome stays: a repeat is right only when it brings the same one.
    const changed = await this.#store.write(`complete idempotency key ${key}`, (database) =>
      database.run(
        `UPDATE idempotency SET status = 'completed', outcome = ?, expires_ms = ?
         WHERE key = ? AND claim_id = ? AND expires_ms > ?
           AND (status = 'pending' OR (status = 'completed' AND outcome = ?))`,
        ...[outcome, now + ttlMs, key, claimId, now, outcome],
      ),
    );
    return changed === 1;
  }

  async abandon(key: string, claimId: string): Promise<boolean> {
    checkKey("idempotency key", key);
    checkKey("claim id", claimId);
    const now = this.#store.clock.nowMs();
    // The row stays as "abandoned" until it expires, so that a repeat of this call is answered the same.
    const changed = await this.#store.write(`abandon idempotency key ${key}`, (database) =>
      database.run(
        `UPDATE idempotency SET status = 'abandoned'
         WHERE key = ? AND claim_id = ? AND status IN ('pending', 'abandoned') AND expires_ms > ?`,
        ...[key, claimId, now],
      ),
    );
    return changed === 1;
  }
}

import { fenceMemoryMs, nextFence } from "../fence.ts";
import { checkKey, checkTtl } from "../limits.ts";
import type { Lease, Leases } from "../state.ts";
import type { SqliteStore } from "./store.ts";

export class SqliteLeases implements Leases {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    checkKey("lease name", name);
    checkKey("lease holder", holder);
    checkTtl(ttlMs);
    const now = this.#store.clock.nowMs();
    const expiresAtMs = now + ttlMs;
    return this.#store.write(`acquire lease ${name}`, (database) => {
      const row = database.get(
        "SELECT holder, fence, lease_ends_ms, is_released FROM lease WHERE name = ?",
        name,
      );
      const isHeld = row !== undefined && row["is_released"] === 0 && Number(row["lease_ends_ms"]) > now;
      if (isHeld && row["holder"] !== holder) return undefined;
      const fence = nextFence(now, Number(row?.["fence"] ?? 0));
      database.run(
        "INSERT OR REPLACE INTO lease (name, holder, fence, lease_ends_ms, is_released, expires_ms) VALUES (?, ?, ?, ?, 0, ?)",
        ...[name, holder, fence, expiresAtMs, expiresAtMs + fenceMemoryMs],
      );
      return { name, holder, fence, expiresAtMs };
    });
  }

  async renew(lease: Lease, ttlMs: number): Promise<Lease | undefined> {
    checkKey("lease name", lease.name);
    checkTtl(ttlMs);
    const now = this.#store.clock.nowMs();
    const expiresAtMs = now + ttlMs;
    // Without a sync: after a power loss every holder on this machine is gone, and its lease may end early.
    const changed = await this.#store.write(
      `renew lease ${lease.name}`,
      (database) =>
        database.run(
          `UPDATE lease SET lease_ends_ms = ?, expires_ms = ?
           WHERE name = ? AND holder = ? AND fence = ? AND is_released = 0 AND lease_ends_ms > ?`,
          ...[expiresAtMs, expiresAtMs + fenceMemoryMs, lease.name, lease.holder, lease.fence, now],
        ),
      { sync: false },
    );
    return changed === 1 ? { ...lease, expiresAtMs } : undefined;
  }

  async release(lease: Lease): Promise<boolean> {
    checkKey("lease name", lease.name);
    const now = this.#store.clock.nowMs();
    // Without a sync: a release that is forgotten ends by its expiry. A released row stays, for its fence and because
    // the same release may come again.
    const changed = await this.#store.write(
      `release lease ${lease.name}`,
      (database) =>
        database.run(
          `UPDATE lease SET is_released = 1
           WHERE name = ? AND holder = ? AND fence = ? AND (is_released = 1 OR lease_ends_ms > ?)`,
          ...[lease.name, lease.holder, lease.fence, now],
        ),
      { sync: false },
    );
    return changed === 1;
  }
}

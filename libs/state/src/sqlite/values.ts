import { checkKey, checkTtl, encodeValue } from "../limits.ts";
import type { Values } from "../state.ts";
import type { SqliteStore } from "./store.ts";

export class SqliteValues implements Values {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  async set(key: string, value: unknown, ttlMs: number): Promise<void> {
    checkKey("value key", key);
    checkTtl(ttlMs);
    const json = encodeValue(value);
    const expiresMs = this.#store.clock.nowMs() + ttlMs;
    await this.#store.write(`set value ${key}`, (database) =>
      database.run(
        "INSERT OR REPLACE INTO value (key, json, expires_ms) VALUES (?, ?, ?)",
        key,
        json,
        expiresMs,
      ),
    );
  }

  async get(key: string): Promise<unknown> {
    checkKey("value key", key);
    const now = this.#store.clock.nowMs();
    const row = await this.#store.read(`get value ${key}`, (database) =>
      database.get("SELECT json FROM value WHERE key = ? AND expires_ms > ?", key, now),
    );
    return row === undefined ? undefined : JSON.parse(String(row["json"]));
  }

  async delete(key: string): Promise<boolean> {
    checkKey("value key", key);
    const now = this.#store.clock.nowMs();
    return this.#store.write(`delete value ${key}`, (database) => {
      const wasThere =
        database.get("SELECT 1 FROM value WHERE key = ? AND expires_ms > ?", key, now) !== undefined;
      database.run("DELETE FROM value WHERE key = ?", key);
      return wasThere;
    });
  }
}

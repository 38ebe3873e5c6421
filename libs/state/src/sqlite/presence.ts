import { checkKey, checkPage, checkTtl, encodeValue } from "../limits.ts";
import type { Presence, PresentConnection } from "../state.ts";
import type { Database, Row } from "./database.ts";
import type { SqliteStore } from "./store.ts";

/** How long an instance that stopped beating may come back with its connections: an hour. */
const silenceMs = 3_600_000;

function toConnection(row: Row): PresentConnection {
  return { id: String(row["id"]), instance: String(row["instance"]), info: JSON.parse(String(row["info"])) };
}

function remove(database: Database, instance: string, id: string): void {
  const removed = database.run("DELETE FROM connection WHERE id = ? AND instance = ?", id, instance);
  if (removed > 0) database.run("DELETE FROM member WHERE id = ?", id);
}

/** In memory: connections end with the process that has them, so that presence must not outlive it. */
export class SqlitePresence implements Presence {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  async beat(instance: string, ttlMs: number): Promise<void> {
    checkKey("instance", instance);
    checkTtl(ttlMs);
    const until = this.#store.clock.nowMs() + ttlMs;
    await this.#store.inMemory(`beat for instance ${instance}`, (database) =>
      database.run(
        "INSERT OR REPLACE INTO instance (instance, alive_until_ms, expires_ms) VALUES (?, ?, ?)",
        ...[instance, until, until + silenceMs],
      ),
    );
  }

  async join(instance: string, connections: readonly PresentConnection[]): Promise<void> {
    checkKey("instance", instance);
    const rows = connections.map(({ id, info }) => {
      checkKey("connection id", id);
      return [id, encodeValue(info)] as const;
    });
    const expiresMs = this.#store.clock.nowMs() + silenceMs;
    await this.#store.inMemory(`join connections of instance ${instance}`, (database) =>
      database.transaction(() => {
        // Known but not alive until it beats.
        database.run("INSERT OR IGNORE INTO instance VALUES (?, 0, ?)", instance, expiresMs);
        for (const [id, info] of rows) {
          database.run(
            "INSERT OR REPLACE INTO connection (id, instance, info) VALUES (?, ?, ?)",
            id,
            instance,
            info,
          );
        }
      }),
    );
  }

  async leave(instance: string, ids: readonly string[]): Promise<void> {
    checkKey("instance", instance);
    await this.#store.inMemory(`leave connections of instance ${instance}`, (database) =>
      database.transaction(() => {
        for (const id of ids) remove(database, instance, id);
      }),
    );
  }

  async find(id: string): Promise<PresentConnection | undefined> {
    checkKey("connection id", id);
    const row = await this.#store.inMemory(`find connection ${id}`, (database) =>
      database.get(
        `SELECT id, instance, info FROM connection JOIN instance USING (instance)
         WHERE id = ? AND alive_until_ms > ?`,
        ...[id, this.#store.clock.nowMs()],
      ),
    );
    return row && toConnection(row);
  }

  async list(options: { after?: string; limit: number }): Promise<readonly PresentConnection[]> {
    checkPage(options.limit);
    const rows = await this.#store.inMemory("list connections", (database) =>
      database.all(
        `SELECT id, instance, info FROM connection JOIN instance USING (instance)
         WHERE id > ? AND alive_until_ms > ? ORDER BY id LIMIT ?`,
        ...[options.after ?? "", this.#store.clock.nowMs(), options.limit],
      ),
    );
    return rows.map(toConnection);
  }

  async enter(room: string, id: string): Promise<void> {
    checkKey("room", room);
    checkKey("connection id", id);
    await this.#store.inMemory(`enter room ${room}`, (database) =>
      database.run("INSERT OR IGNORE INTO member SELECT ?, id FROM connection WHERE id = ?", room, id),
    );
  }

  async exit(room: string, id: string): Promise<void> {
    checkKey("room", room);
    checkKey("connection id", id);
    await this.#store.inMemory(`exit room ${room}`, (database) =>
      database.run("DELETE FROM member WHERE room = ? AND id = ?", room, id),
    );
  }

  async members(
    room: string,
    options: { after?: string; limit: number },
  ): Promise<readonly PresentConnection[]> {
    checkKey("room", room);
    checkPage(options.limit);
    const rows = await this.#store.inMemory(`list members of room ${room}`, (database) =>
      database.all(
        `SELECT id, instance, info FROM member JOIN connection USING (id) JOIN instance USING (instance)
         WHERE room = ? AND id > ? AND alive_until_ms > ? ORDER BY id LIMIT ?`,
        ...[room, options.after ?? "", this.#store.clock.nowMs(), options.limit],
      ),
    );
    return rows.map(toConnection);
  }
}

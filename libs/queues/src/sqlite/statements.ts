/** Every statement of the store, prepared when first used. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

const sql = {
  insert: `INSERT INTO messages (kind, id, headers, bytes, crc, due_ms, ticket, redeliveries, retries)
    VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)`,
  insertBody: "INSERT INTO bodies (seq, body) VALUES (?, ?)",
  ready: `SELECT seq, id, headers, crc, ticket, redeliveries, retries FROM messages
    WHERE kind = ? AND died_ms IS NULL AND due_ms <= ? ORDER BY due_ms, seq LIMIT ?`,
  nextDue: "SELECT min(due_ms) AS due FROM messages WHERE kind = ? AND died_ms IS NULL AND due_ms > ?",
  body: "SELECT body FROM bodies WHERE seq = ?",
  handOut: "UPDATE messages SET ticket = ticket + 1, redeliveries = redeliveries + 1 WHERE seq = ?",
  held: "SELECT kind, bytes FROM messages WHERE seq = ? AND ticket = ? AND died_ms IS NULL",
  retry: `UPDATE messages SET due_ms = ?, redeliveries = 0, retries = retries + 1, ticket = ticket + 1 WHERE seq = ?`,
  die: "UPDATE messages SET died_ms = ?, reason = ?, ticket = ticket + 1 WHERE seq = ?",
  remove: "DELETE FROM messages WHERE seq = ?",
  removeBody: "DELETE FROM bodies WHERE seq = ?",
  listDead: `SELECT m.seq, kind, id, headers, retries, reason, died_ms, body FROM messages m LEFT JOIN bodies b ON b.seq = m.seq
    WHERE died_ms IS NOT NULL ORDER BY died_ms, m.seq LIMIT ?`,
  findDead: `SELECT seq, kind, bytes FROM messages WHERE id = ? AND died_ms IS NOT NULL ORDER BY died_ms, seq LIMIT 1`,
  revive: `UPDATE messages SET died_ms = NULL, reason = NULL, due_ms = ?, redeliveries = 0, retries = 0, ticket = ticket + 1
    WHERE seq = ?`,
  totals:
    "SELECT kind, count(*) AS messages, sum(bytes) AS bytes FROM messages WHERE died_ms IS NULL GROUP BY kind",
  countDead: "SELECT count(*) AS dead FROM messages WHERE died_ms IS NOT NULL",
} as const;

type Name = keyof typeof sql;
type Value = string | number | bigint | Uint8Array;

export class Statements {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<Name, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  #statement(name: Name): StatementSync {
    let statement = this.#prepared.get(name);
    if (statement === undefined) {
      statement = this.#db.prepare(sql[name]);
      this.#prepared.set(name, statement);
    }
    return statement;
  }

  get(name: Name, ...values: Value[]) {
    return this.#statement(name).get(...values);
  }

  all(name: Name, ...values: Value[]) {
    return this.#statement(name).all(...values);
  }

  iterate(name: Name, ...values: Value[]) {
    return this.#statement(name).iterate(...values);
  }

  run(name: Name, ...values: Value[]) {
    return this.#statement(name).run(...values);
  }

  /** Takes a message out, with its body. */
  delete(seq: number): void {
    this.run("remove", seq);
    this.run("removeBody", seq);
  }
}

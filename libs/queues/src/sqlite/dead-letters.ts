import { maxListedBytes } from "../queues.ts";
import type { Fill } from "./fill.ts";
import type { Statements } from "./statements.ts";
import type { StoredDead, StoreResult } from "./thread-messages.ts";

/** The dead letters, of all kinds. */
export class DeadLetters {
  readonly #sql: Statements;
  readonly #fill: Fill;

  constructor(sql: Statements, fill: Fill) {
    this.#sql = sql;
    this.#fill = fill;
  }

  list(limit: number): StoreResult {
    const letters: StoredDead[] = [];
    let bytes = 0;
    for (const row of this.#sql.iterate("listDead", limit)) {
      const body = row["body"] instanceof Uint8Array ? row["body"] : Buffer.alloc(0);
      bytes += body.byteLength;
      if (bytes > maxListedBytes && letters.length > 0) break;
      letters.push({
        seq: Number(row["seq"]),
        kind: String(row["kind"]),
        id: String(row["id"]),
        headers: String(row["headers"]),
        body,
        retries: Number(row["retries"]),
        reason: String(row["reason"]),
        diedMs: Number(row["died_ms"]),
      });
    }
    return { op: "dead", letters };
  }

  /** @throws {QueueError} QUEUE_FULL */
  requeue(id: string, nowMs: number): StoreResult {
    const row = this.#sql.get("findDead", id);
    if (row === undefined) return { op: "moved", kind: undefined };
    const kind = String(row["kind"]);
    const bytes = Number(row["bytes"]);
    this.#fill.checkQueue(kind, bytes);
    this.#sql.run("revive", nowMs, Number(row["seq"]));
    this.#fill.add(kind, 1, bytes);
    this.#fill.deadLetters--;
    return { op: "moved", kind };
  }

  discard(id: string): StoreResult {
    const row = this.#sql.get("findDead", id);
    if (row === undefined) return { op: "moved", kind: undefined };
    this.#sql.delete(Number(row["seq"]));
    this.#fill.deadLetters--;
    return { op: "moved", kind: String(row["kind"]) };
  }
}

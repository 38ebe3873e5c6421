import type { DatabaseSync, StatementSync } from "node:sqlite";
import { transact } from "@fairlead/sqlite";

/** Rows per transaction, so that no publish waits long behind a deletion. */
const chunkRows = 1_024;
const chunkBytes = 4 << 20;

interface OldRow {
  readonly offset: number;
  readonly accepted_ms: number;
  readonly bytes: number;
}

/** Deletes the oldest events, a small chunk at a time. */
export class Retention {
  readonly #db: DatabaseSync;
  readonly #oldest: StatementSync;
  readonly #delete: StatementSync;
  readonly #remember: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#oldest = db.prepare(
      `SELECT offset, accepted_ms, length(head) + length(data) AS bytes FROM events ORDER BY offset LIMIT ${chunkRows}`,
    );
    this.#delete = db.prepare("DELETE FROM events WHERE offset <= ?");
    // The number tells a repair which events were deleted on purpose and are not missing.
    this.#remember = db.prepare("UPDATE meta SET value = ? WHERE name = 'deleted_through'");
  }

  /**
   * Deletes from the front the events that were accepted at or before `cutoffMs`, until about `bytes` are free or the chunk is
   * full. Returns how many rows went; 0 when the oldest is younger.
   * @param last the newest offset that may go
   */
  deleteChunk(cutoffMs: number, bytes = chunkBytes, last = Number.POSITIVE_INFINITY): number {
    let rows = 0;
    let freed = 0;
    let through = 0;
    for (const row of this.#oldest.iterate() as IterableIterator<OldRow>) {
      if (row.offset > last || row.accepted_ms > cutoffMs || freed >= Math.min(bytes, chunkBytes)) break;
      through = row.offset;
      freed += row.bytes;
      rows++;
    }
    if (rows === 0) return 0;
    transact(this.#db, () => {
      this.#delete.run(through);
      this.#remember.run(through);
    });
    return rows;
  }
}

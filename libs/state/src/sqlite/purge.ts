import type { Database } from "./database.ts";

/** Rows per table and round, so that a round stays a matter of a few milliseconds. */
const purgeRows = 500;

export interface Purged {
  readonly deleted: number;
  /** A table had more than one round takes. */
  readonly isMoreLeft: boolean;
}

function sum(counts: readonly number[]): Purged {
  return {
    deleted: counts.reduce((all, count) => all + count, 0),
    isMoreLeft: counts.some((count) => count >= purgeRows),
  };
}

function purgeTable(database: Database, table: string, nowMs: number): number {
  const expired = `SELECT rowid FROM ${table} WHERE expires_ms <= ? LIMIT ${purgeRows}`;
  return database.run(`DELETE FROM ${table} WHERE rowid IN (${expired})`, nowMs);
}

/** Deletes what has expired. */
export function purgeDurable(database: Database, nowMs: number): Purged {
  return sum(["lease", "idempotency", "value"].map((table) => purgeTable(database, table, nowMs)));
}

/** The same for what lives in memory. An instance that expired takes its connections and their rooms with it. */
export function purgeLive(database: Database, nowMs: number): Purged {
  const limits = ["rate", "rate_call"].map((table) => purgeTable(database, table, nowMs));
  const expired = `SELECT rowid FROM connection WHERE instance IN
    (SELECT instance FROM instance WHERE expires_ms <= ?) ORDER BY rowid LIMIT ${purgeRows}`;
  database.run(
    `DELETE FROM member WHERE id IN (SELECT id FROM connection WHERE rowid IN (${expired}))`,
    nowMs,
  );
  const connections = database.run(`DELETE FROM connection WHERE rowid IN (${expired})`, nowMs);
  // The instances last, when none of their connections is left.
  if (connections === 0) database.run("DELETE FROM instance WHERE expires_ms <= ?", nowMs);
  return sum([...limits, connections]);
}

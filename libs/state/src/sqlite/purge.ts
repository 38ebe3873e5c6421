import type { Database } from "./database.ts";

/** Rows per table and round: a round stays well under a millisecond or two. */
const purgeRows = 500;

const purgeFrom = (table: string) =>
  `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_ms <= ? LIMIT ${purgeRows})`;

/** Deletes what has expired, a bounded number of rows. Returns how many: 0 when nothing is left to do. */
export function purgeDurable(database: Database, nowMs: number): number {
  return ["lease", "idempotency", "value"].reduce(
    (sum, table) => sum + database.run(purgeFrom(table), nowMs),
    0,
  );
}

/** The same for what lives in memory. An instance that expired takes its connections and their rooms with it. */
export function purgeLive(database: Database, nowMs: number): number {
  const limits = ["rate", "rate_call"].reduce((sum, table) => sum + database.run(purgeFrom(table), nowMs), 0);
  const expired = `instance IN (SELECT instance FROM instance WHERE expires_ms <= ?)`;
  const members = database.run(
    `DELETE FROM member WHERE id IN (SELECT id FROM connection WHERE ${expired} LIMIT ${purgeRows})`,
    nowMs,
  );
  const connections = database.run(
    `DELETE FROM connection WHERE rowid IN (SELECT rowid FROM connection WHERE ${expired} LIMIT ${purgeRows})`,
    nowMs,
  );
  // The instances last, when none of their connections is left.
  const instances = connections === 0 ? database.run("DELETE FROM instance WHERE expires_ms <= ?", nowMs) : 0;
  return limits + members + connections + instances;
}

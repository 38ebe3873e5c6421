/** What the tables of a log say about the offsets that were given. */
import type { DatabaseSync } from "node:sqlite";
import type { DamagedRange } from "./damage.ts";

/** The offset of the newest event that is stored; 0 when none is. */
export const lastStored = (db: DatabaseSync): number =>
  Number(db.prepare("SELECT max(offset) AS last FROM events").get()?.["last"] ?? 0);

/** The last offset that was given; 0 when none was. */
export function lastGiven(db: DatabaseSync): number {
  const given = db.prepare("SELECT seq AS last FROM sqlite_sequence WHERE name = 'events'").get();
  const noted = db.prepare("SELECT max(last) AS last FROM damaged").get();
  return Math.max(lastStored(db), Number(given?.["last"] ?? 0), Number(noted?.["last"] ?? 0));
}

/** The offsets up to `through` that were not deleted on purpose and are not stored. */
export function missingOffsets(db: DatabaseSync, through: number): DamagedRange[] {
  const deleted = db.prepare("SELECT value FROM meta WHERE name = 'deleted_through'").get()?.["value"];
  const start = Number(deleted ?? 0);
  const gaps = db.prepare(
    "SELECT before, offset FROM (SELECT offset, lag(offset, 1, ?) OVER (ORDER BY offset) AS before FROM events) " +
      "WHERE offset > before + 1",
  );
  const reason = "unreadable";
  const missing: DamagedRange[] = gaps.all(start).map(({ before, offset }) => {
    return { first: Number(before) + 1, last: Number(offset) - 1, reason };
  });
  const last = Math.max(lastStored(db), start);
  if (last < through) missing.push({ first: last + 1, last: through, reason });
  return missing;
}

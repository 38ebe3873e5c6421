import type { DatabaseSync } from "node:sqlite";
import { transact } from "@fairlead/sqlite";
import type { DamagedRange } from "./damage.ts";
import type { LogFile } from "./log-file.ts";
import type { Found } from "./salvage.ts";

/** Rows and bytes per transaction. */
const batchRows = 1_024;
const batchBytes = 8 << 20;

/** What is known of a log after its pages were read. */
export interface Restored {
  readonly events: number;
  /** The highest offset that was given, as far as it can be known; 0 when nothing is. */
  readonly lastKnownOffset: number;
  /** True when that offset is the last one; else events behind it may be missing. */
  readonly isEndKnown: boolean;
  /** False when no page says which events had been deleted on purpose. */
  readonly isStartKnown: boolean;
  /** False when there was no room for all. */
  readonly isComplete: boolean;
}

/** Writes what was salvaged into a new log, or what is missing into the present one. Stops when there is no room. */
export function restore(
  { database: db, damage }: Pick<LogFile, "database" | "damage">,
  found: Iterable<Found>,
  afterOffset: number,
): Restored {
  const insert = db.prepare(
    "INSERT OR IGNORE INTO events (offset, accepted_ms, crc, type, head, data) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const setNumber = db.prepare("UPDATE meta SET value = max(value, ?) WHERE name = ?");
  let events = 0;
  let lastKnownOffset = 0;
  let deletedThrough = 0;
  let isEndKnown = false;
  let isStartKnown = false;
  const knownDamage: DamagedRange[] = [];
  const write = (one: Found): number => {
    if (one.kind === "number") {
      if (one.name === "events") {
        lastKnownOffset = Math.max(lastKnownOffset, one.value);
        isEndKnown = true;
      }
      if (one.name === "deleted_through") {
        isStartKnown = true;
        deletedThrough = Math.max(deletedThrough, one.value);
        setNumber.run(one.value, one.name);
      }
      return 0;
    }
    if (one.kind === "damage") {
      lastKnownOffset = Math.max(lastKnownOffset, one.last);
      knownDamage.push(one);
      return 0;
    }
    lastKnownOffset = Math.max(lastKnownOffset, one.offset);
    // Free pages still hold events that retention had deleted.
    if (one.offset <= Math.max(afterOffset, deletedThrough)) return 0;
    const { offset, acceptedMs, crc, type, head, data } = one;
    events += Number(insert.run(offset, acceptedMs, crc, type, head, data).changes);
    return data.length;
  };
  const finish = (restored: number, isComplete: boolean): Restored => {
    // An event that could not be read at that time may have been found now.
    const missing = knownDamage.flatMap((range) => withoutStored(db, range));
    damage.noteAll(missing, Date.now());
    return { events: restored, lastKnownOffset, isEndKnown, isStartKnown, isComplete };
  };
  const all = found[Symbol.iterator]();
  for (let isComplete = false; !isComplete; ) {
    const eventsBefore = events;
    try {
      transact(db, () => {
        let bytes = 0;
        for (let rows = 0; rows < batchRows && bytes < batchBytes; rows++) {
          const next = all.next();
          if (next.done) {
            isComplete = true;
            return;
          }
          bytes += write(next.value);
        }
      });
    } catch {
      return finish(eventsBefore, false);
    }
  }
  // The number may have been found only after such rows.
  const { changes } = db.prepare("DELETE FROM events WHERE offset <= ?").run(deletedThrough);
  return finish(events - Number(changes), true);
}

/** The parts of a range that are not stored. */
function withoutStored(db: DatabaseSync, { first, last, reason }: DamagedRange): DamagedRange[] {
  const parts: DamagedRange[] = [];
  let at = first;
  for (const row of db
    .prepare("SELECT offset FROM events WHERE offset BETWEEN ? AND ?")
    .iterate(first, last)) {
    const offset = Number(row["offset"]);
    if (offset > at) parts.push({ first: at, last: offset - 1, reason });
    at = offset + 1;
  }
  if (at <= last) parts.push({ first: at, last, reason });
  return parts;
}

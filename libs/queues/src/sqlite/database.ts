import type { DatabaseSync } from "node:sqlite";
import { type NamedFile, openDurable, openOrRepair, replaceDamaged } from "@fairlead/sqlite";
import { delayMs } from "../delays.ts";
import { salvage } from "./salvage.ts";

/** Raised when the tables change. A file of a newer version is refused. */
const version = 1;

/** Bodies stand apart, so that counting a delivery does not write 64 KiB anew. */
const sql = `
  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, headers TEXT NOT NULL,
    bytes INTEGER NOT NULL, crc INTEGER NOT NULL, due_ms INTEGER NOT NULL, ticket INTEGER NOT NULL,
    redeliveries INTEGER NOT NULL, retries INTEGER NOT NULL, reason TEXT, died_ms INTEGER);
  CREATE INDEX ready ON messages (kind, due_ms, seq) WHERE died_ms IS NULL;
  CREATE INDEX dead ON messages (died_ms, seq) WHERE died_ms IS NOT NULL;
  CREATE INDEX dead_id ON messages (id, died_ms, seq) WHERE died_ms IS NOT NULL;
  CREATE TABLE bodies (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);`;

export const queuesAt = (path: string): NamedFile => ({ path, title: "the work queues" });

/** @throws {SqliteFileError} FILE_TOO_NEW; SQLite's own errors */
const openSound = (path: string, walBytes: number): DatabaseSync =>
  openDurable(queuesAt(path), walBytes, { version, sql });

export interface Opened {
  readonly db: DatabaseSync;
  /** What was done about a damaged file, in a sentence. */
  readonly note: string | undefined;
}

/**
 * Opens or makes the file of the queues, repairing a damaged file first. The caller holds the lock.
 * @param nowMs a message that is due later than the longest delay from now on is due now: the clock had gone ahead
 */
export function openQueues(path: string, walBytes: number, nowMs: number): Opened {
  let note: string | undefined;
  const db = openOrRepair(path, {
    open: () => openSound(path, walBytes),
    check: (opened) => {
      const wrong = check(opened);
      if (wrong === undefined) bringBack(opened, nowMs);
      return wrong;
    },
    repair: (reason) => {
      const repaired = repair(path, walBytes, nowMs, reason);
      note = repaired.note;
      return repaired.db;
    },
  });
  return { db, note };
}

/** The rows and their indexes, not the bodies: those have checksums and are looked at when they are read. */
function check(db: DatabaseSync): string | undefined {
  const [first] = db.prepare("PRAGMA integrity_check(messages)").all();
  const found = String(Object.values(first ?? {})[0]);
  return found === "ok" ? undefined : found;
}

function bringBack(db: DatabaseSync, nowMs: number): void {
  db.prepare("UPDATE messages SET due_ms = ? WHERE died_ms IS NULL AND due_ms > ?").run(
    nowMs,
    nowMs + delayMs["1h"],
  );
}

/** Puts a new file with every readable message in the place of a damaged one, which is kept. */
export function repair(path: string, walBytes: number, nowMs: number, reason: string): Opened {
  const { kept, built } = replaceDamaged(path, (at) => {
    const fresh = openSound(at, walBytes);
    try {
      return salvage(path, fresh, nowMs);
    } finally {
      fresh.close();
    }
  });
  const { messages, damaged } = built;
  const lost = damaged > 0 ? `, ${damaged} of them as dead letters because they were damaged` : "";
  const note = `The work queues ${path} were damaged (${reason}): ${messages} messages were saved${lost}; the old file was kept as ${kept}`;
  return { db: openSound(path, walBytes), note };
}

import { DatabaseSync } from "node:sqlite";
import { BusError } from "../errors.ts";

/** Fits events of 64 KiB and small ones best (README.md, Figures). */
export const pageBytes = 16_384;
/** Raised when the tables change. A log of a newer version is refused. */
const schemaVersion = 1;

/** The primary result code of an SQLite error; undefined for anything else. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}

/** https://sqlite.org/rescode.html */
export const sqliteCodes = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

/** True when the file itself is wrong, not the moment. */
export function isCorruption(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === sqliteCodes.corrupt || code === sqliteCodes.notADatabase;
}

const schema = `
  CREATE TABLE IF NOT EXISTS events (
    offset INTEGER PRIMARY KEY AUTOINCREMENT, accepted_ms INTEGER NOT NULL, crc INTEGER NOT NULL,
    type TEXT NOT NULL, head BLOB NOT NULL, data BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS damaged (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, reason TEXT NOT NULL, found_ms INTEGER NOT NULL,
    type TEXT, head BLOB, data BLOB);
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
  INSERT OR IGNORE INTO meta VALUES ('deleted_through', 0);`;

/**
 * Opens or makes a file whose commits are durable when they return. The caller holds its lock, so nobody else has it.
 * @param walBytes the write-ahead log is carried over into the file when it reaches this
 * @param setUp looks at what is there and makes what is missing; when it throws, the file is closed again
 * @throws what `setUp` throws; SQLite's own errors when the file cannot be used
 */
export function openDurable(
  path: string,
  walBytes: number,
  setUp: (db: DatabaseSync, version: number) => void,
): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    // EXCLUSIVE before the first access keeps the index of the WAL in memory: no -shm file, no lock traffic.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${pageBytes}; PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${2 * walBytes};`);
    db.exec(`PRAGMA wal_autocheckpoint = ${Math.max(1, Math.floor(walBytes / pragma(db, "page_size")))}`);
    setUp(db, pragma(db, "user_version"));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens or makes the log's database, as `openDurable`.
 * @throws {BusError} LOG_TOO_NEW; SQLite's own errors when the file cannot be used
 */
export function openDatabase(path: string, walBytes: number): DatabaseSync {
  return openDurable(path, walBytes, (db, version) => {
    if (version > schemaVersion) {
      throw new BusError(
        "LOG_TOO_NEW",
        `Cannot open the event log ${path}: it has format ${version} and this Fairlead knows up to ${schemaVersion}; ` +
          "start the newer Fairlead or set another data directory",
      );
    }
    if (version < schemaVersion) db.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT;`);
  });
}

/** The number that a pragma answers. */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}

/** Runs `work` in one transaction: all of it is durable when this returns, or nothing of it when it throws. */
export function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite has rolled back by itself after a full disk or an i/o error.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

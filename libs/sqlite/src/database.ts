import { DatabaseSync } from "node:sqlite";
import { type NamedFile, SqliteFileError } from "./errors.ts";
import { restrict } from "./private-files.ts";

/** Fits rows of 64 KiB and small ones best (docs/explanation/bus.md, Figures). */
export const pageBytes = 16_384;

export interface DurableSchema {
  /** At least 1, and raised when the tables change. A file of a newer version is refused. */
  readonly version: number;
  /** The statements that make the tables, or bring those of an older version up to date. */
  readonly sql: string;
}

/**
 * Opens or makes a file whose commits are durable when they return. The caller holds the lock of the file.
 * @param walBytes the write-ahead log is carried over into the file when the log reaches this size
 * @throws {SqliteFileError} FILE_TOO_NEW; SQLite's own errors when the file cannot be used
 */
export function openDurable(file: NamedFile, walBytes: number, schema: DurableSchema): DatabaseSync {
  const db = new DatabaseSync(file.path, { timeout: 0 });
  try {
    // EXCLUSIVE before the first access keeps the index of the WAL in memory: no -shm file, no lock traffic.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${pageBytes}; PRAGMA user_version`);
    // The file is there now. The write-ahead log takes over its mode.
    restrict(file.path, 0o600);
    db.exec(`PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${2 * walBytes};`);
    db.exec(`PRAGMA wal_autocheckpoint = ${Math.max(1, Math.floor(walBytes / pragma(db, "page_size")))}`);
    setUp(db, file, schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function setUp(db: DatabaseSync, { title, path }: NamedFile, { version, sql }: DurableSchema): void {
  const found = pragma(db, "user_version");
  if (found > version) {
    const state = `the file has format ${found} and this Fairlead knows up to ${version}`;
    throw new SqliteFileError(
      "FILE_TOO_NEW",
      `Cannot open ${title} ${path}: ${state}; start the newer Fairlead or set another data directory`,
    );
  }
  if (found < version) transact(db, () => db.exec(`${sql} PRAGMA user_version = ${version};`));
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

import type { DatabaseSync } from "node:sqlite";
import { type NamedFile, openDurable } from "@fairlead/sqlite";

/** Raised when the tables change. A log of a newer version is refused. */
const version = 1;

const sql = `
  CREATE TABLE IF NOT EXISTS events (
    offset INTEGER PRIMARY KEY AUTOINCREMENT, accepted_ms INTEGER NOT NULL, crc INTEGER NOT NULL,
    type TEXT NOT NULL, head BLOB NOT NULL, data BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS damaged (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, reason TEXT NOT NULL, found_ms INTEGER NOT NULL,
    type TEXT, head BLOB, data BLOB);
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
  INSERT OR IGNORE INTO meta VALUES ('deleted_through', 0);`;

export const logAt = (path: string): NamedFile => ({ path, title: "the event log" });

/**
 * Opens or makes the log's database, as `openDurable`.
 * @throws {SqliteFileError} FILE_TOO_NEW; SQLite's own errors when the file cannot be used
 */
export const openDatabase = (path: string, walBytes: number): DatabaseSync =>
  openDurable(logAt(path), walBytes, { version, sql });

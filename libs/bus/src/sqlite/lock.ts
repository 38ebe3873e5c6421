import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BusError } from "../errors.ts";
import { sqliteCode, sqliteCodes } from "./database.ts";

/**
 * Makes the directory where it is missing, and holds `<path>.lock` until disposed, so that a log has one owner. The kernel lets go when the process ends, however it
 * ends. It is a lock of SQLite on an empty file of its own: it also guards a log that is damaged and being moved aside,
 * and opening the log's file for a look cannot release it (closing any descriptor of a file drops a process's POSIX
 * locks on it; https://sqlite.org/howtocorrupt.html, 2.2).
 * @throws {BusError} LOG_IN_USE at once when another owner has it; BUS_FAILED when the file cannot be made
 */
export function acquireLock(path: string): Disposable {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    db = new DatabaseSync(`${path}.lock`, { timeout: 0 });
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    db?.close();
    if (sqliteCode(error) === sqliteCodes.busy) {
      throw new BusError(
        "LOG_IN_USE",
        `Cannot open the event log ${path}: another process or another part of this one has it open; ` +
          "stop the other one or set another data directory",
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new BusError("BUS_FAILED", `Cannot lock the event log ${path}: ${reason}`, { cause: error });
  }
  const held = db;
  return { [Symbol.dispose]: () => held.isOpen && held.close() };
}

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { toError } from "@fairlead/core";
import { type NamedFile, SqliteFileError } from "./errors.ts";
import { resultCode, resultCodes } from "./result-codes.ts";

/**
 * Makes the directory of the file where it is missing, and holds `<path>.lock` until disposed, so that the file has one
 * owner. The kernel releases the lock when the process ends, however the process ends. The lock is a lock of SQLite on an
 * empty file of its own. So it also guards a file that is damaged and being moved aside, and opening the guarded file
 * for a look cannot release the lock (closing any descriptor of a file drops a process's POSIX locks on that file;
 * https://sqlite.org/howtocorrupt.html, 2.2).
 * @throws {SqliteFileError} FILE_IN_USE at once when another owner has the file; FILE_FAILED when the lock cannot be made
 */
export function lockFile({ path, title }: NamedFile): Disposable {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    db = new DatabaseSync(`${path}.lock`, { timeout: 0 });
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    db?.close();
    if (resultCode(error) === resultCodes.busy) {
      const state = "another process or another part of this one has the file open";
      const advice = "stop the other one or set another data directory";
      throw new SqliteFileError("FILE_IN_USE", `Cannot open ${title} ${path}: ${state}; ${advice}`, error);
    }
    throw new SqliteFileError(
      "FILE_FAILED",
      `Cannot lock ${title} ${path}: ${toError(error).message}`,
      error,
    );
  }
  const held = db;
  return { [Symbol.dispose]: () => held.isOpen && held.close() };
}

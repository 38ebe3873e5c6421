import { closeSync, existsSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";

/** The files beside a database come first: next to a new file they would be taken for its own. */
const suffixes = ["-wal", "-shm", "-journal", ""] as const;

/** The beginning of the names of files that were set aside. */
export const damagedPrefix = (path: string): string => `${path}.damaged-`;

/** `<path>.damaged-20260102T030405678Z`, with a number behind the time where that name is taken. */
export function damagedName(path: string, nowMs = Date.now()): string {
  const base = `${damagedPrefix(path)}${new Date(nowMs).toISOString().replace(/[-:.]/g, "")}`;
  const isTaken = (name: string) => suffixes.some((suffix) => existsSync(name + suffix));
  let name = base;
  for (let count = 2; isTaken(name); count++) name = `${base}-${count}`;
  return name;
}

/**
 * Moves a file that cannot be used out of the way, with the files that belong to it. Nothing is deleted. The caller holds
 * the lock of the file. Returns the new name.
 */
export function setAside(path: string, nowMs?: number): string {
  const kept = damagedName(path, nowMs);
  for (const suffix of suffixes) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  syncDirectory(path);
  return kept;
}

/** Makes the names in the directory of `path` survive a power loss. */
export function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

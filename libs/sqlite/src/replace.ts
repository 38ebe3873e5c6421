import { existsSync, renameSync, rmSync } from "node:fs";
import { setAside, syncDirectory } from "./set-aside.ts";

/** Two names beside the file: the new file while it is being made, and the new file when it is complete. */
const unfinished = (path: string) => `${path}.repairing`;
const finished = (path: string) => `${path}.repaired`;

export interface Replaced<T> {
  /** The name under which the damaged file was kept. */
  readonly kept: string;
  /** The return value of `build`. */
  readonly built: T;
}

/**
 * Puts a new file in the place of a damaged one and keeps the damaged one beside it. A crash at any moment leaves either the
 * damaged file or the new one: `finishReplacement` completes what was interrupted.
 * @param build makes the new file at the path that it is given, and closes it
 * @throws what `build` throws: the damaged file is still in its place then
 */
export function replaceDamaged<T>(path: string, build: (path: string) => T): Replaced<T> {
  for (const suffix of ["", "-wal", "-journal"]) rmSync(unfinished(path) + suffix, { force: true });
  const built = build(unfinished(path));
  renameSync(unfinished(path), finished(path));
  return { kept: putInPlace(path), built };
}

/** Completes a replacement that a crash interrupted. Comes before every opening of the file. */
export function finishReplacement(path: string): void {
  if (existsSync(finished(path))) putInPlace(path);
}

function putInPlace(path: string): string {
  const kept = setAside(path);
  renameSync(finished(path), path);
  syncDirectory(path);
  return kept;
}

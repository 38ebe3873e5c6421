import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { LogFile } from "./log-file.ts";
import { PageFile } from "./pages.ts";
import type { LogSettings } from "./protocol.ts";
import { restore } from "./restore.ts";
import { salvage } from "./salvage.ts";
import { readWal } from "./wal.ts";

/** Offsets that are skipped after events may have been lost without a trace, so that none is given twice. */
const offsetMargin = 1_000_000;

/** Beside the log: being made; and complete, to be put in its place. */
const unfinished = (path: string) => `${path}.repairing`;
const finished = (path: string) => `${path}.repaired`;

/**
 * Puts a new log with every readable row in the place of a damaged one. The damaged files are kept beside it as
 * `<name>.damaged-<time>`. A crash at any moment leaves either the damaged log, or the new one. Returns what was done in
 * words.
 */
export function repair(settings: LogSettings, reason: string): string {
  const { path } = settings;
  removeLog(unfinished(path));
  const { frames } = readWal(`${path}-wal`);
  const log = new LogFile({ ...settings, path: unfinished(path) });
  let summary: string;
  try {
    using file = existsSync(path) ? new PageFile(path) : undefined;
    const restored = restore(log, salvage(file, frames), 0);
    const { events, isEndKnown, isStartKnown } = restored;
    // With nothing known, the clock stands above every offset that a log can have reached by counting.
    const last = restored.lastKnownOffset > 0 ? restored.lastKnownOffset + offsetMargin : Date.now();
    if (!isStartKnown) log.beginAtFirst(restored.lastKnownOffset);
    log.noteGaps(restored.lastKnownOffset);
    log.skipTo(last);
    summary = `${events} events were saved from it`;
    if (log.damage.count > 0) summary += ` and ${log.damage.count} are missing`;
    if (!isEndKnown || !isStartKnown) summary += "; how many are missing is not known exactly";
    if (!restored.isComplete) summary += "; there was no room for the rest";
  } finally {
    log.close();
  }
  renameSync(unfinished(path), finished(path));
  const kept = finishRepair(path);
  return `${path} was damaged (${reason}): it was kept as ${kept}; ${summary}; offsets go on with a gap`;
}

/** Puts a finished repair in place, also one that a crash interrupted. Returns the name of the damaged file. */
export function finishRepair(path: string): string | undefined {
  if (!existsSync(finished(path))) return undefined;
  const kept = damagedName(path);
  // The write-ahead log first: beside a new file it would be taken for its own.
  for (const suffix of ["-wal", ""]) {
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${kept}${suffix}`);
  }
  renameSync(finished(path), path);
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
  return kept;
}

/** What the names of kept files begin with. */
export const damagedPrefix = (path: string): string => `${path}.damaged-`;

/** `<path>.damaged-20260102T030405678Z`, with a number behind it where that is taken. */
export function damagedName(path: string): string {
  const base = `${damagedPrefix(path)}${new Date().toISOString().replace(/[-:.]/g, "")}`;
  let name = base;
  for (let count = 2; existsSync(name) || existsSync(`${name}-wal`); count++) name = `${base}-${count}`;
  return name;
}

function removeLog(path: string): void {
  for (const suffix of ["", "-wal", "-journal"]) rmSync(`${path}${suffix}`, { force: true });
}

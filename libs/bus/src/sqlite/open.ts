import { copyFileSync } from "node:fs";
import { FairleadError, toError } from "@fairlead/core";
import {
  checkStructure,
  damagedName,
  openOrRepair,
  PageFile,
  readWal,
  type WalContent,
} from "@fairlead/sqlite";
import { BusError } from "../errors.ts";
import { LogFile } from "./log-file.ts";
import { repair } from "./repair.ts";
import { restore } from "./restore.ts";
import { salvageWal } from "./salvage.ts";
import type { LogSettings } from "./thread-messages.ts";

/** The number of newest events that are read at the start: those that were likely under way at a crash. */
const newestOffsets = 256;
/** The offsets that an unreadable write-ahead log may have given: such a log holds no more events than this. */
const walOffsetMargin = 1_000_000;

/**
 * Opens the log, repairing the file first when it is damaged. A sound log of any size opens in a time that does not grow with
 * its events (`checkStructure`).
 * @throws {FairleadError} FILE_TOO_NEW; BUS_FAILED when the file cannot be used for a reason that is not damage
 */
export function openLogFile(settings: LogSettings): LogFile {
  try {
    return openSound(settings);
  } catch (error) {
    if (error instanceof FairleadError) throw error;
    const reason = toError(error).message;
    throw new BusError("BUS_FAILED", `Cannot open the event log ${settings.path}: ${reason}`, {
      cause: error,
    });
  }
}

function openSound(settings: LogSettings): LogFile {
  const { path } = settings;
  let restoreWal: ((log: LogFile) => void) | undefined;
  return openOrRepair(path, {
    open: () => {
      const wal = readWal(`${path}-wal`);
      const note = wal.damage ? keepWal(path, wal.damage) : undefined;
      if (note) restoreWal = (log) => restoreFromWal(log, path, wal, note);
      return new LogFile(settings);
    },
    check: (log) => {
      const wrong = checkOpened(log, path);
      if (wrong === undefined) restoreWal?.(log);
      return wrong;
    },
    repair: (reason) => repairAndOpen(settings, reason),
  });
}

/** Repairs a log that turned out to be damaged while it was in use. */
export function repairLogFile(log: LogFile, settings: LogSettings, error: unknown): LogFile {
  log.close();
  return repairAndOpen(settings, toError(error).message);
}

function repairAndOpen(settings: LogSettings, reason: string): LogFile {
  const summary = repair(settings, reason);
  const log = new LogFile(settings);
  log.addNote(summary);
  return log;
}

function checkOpened(log: LogFile, path: string): string | undefined {
  if (log.reader.isStructureDamaged) return "a page could not be read";
  const wrong = log.checkpoint() ? checkStructure(log.database, path, "events") : undefined;
  if (wrong) return wrong;
  log.read(Math.max(0, log.lastOffset - newestOffsets), log.lastOffset, undefined);
  return log.reader.isStructureDamaged ? "a page of its newest events could not be read" : undefined;
}

/** SQLite is about to drop what stands behind the damage: a copy is kept. */
function keepWal(path: string, damage: string): string {
  const kept = `${damagedName(path)}-wal`;
  copyFileSync(`${path}-wal`, kept);
  return `${path} was damaged (${damage}): it was kept as ${kept}`;
}

function restoreFromWal(log: LogFile, path: string, wal: WalContent, note: string): void {
  using file = new PageFile(path);
  const before = log.lastOffset;
  const { events, lastKnownOffset } = restore(log, salvageWal(file, wal), before);
  log.noteGaps(lastKnownOffset);
  log.skipTo(Math.max(before, lastKnownOffset) + walOffsetMargin);
  log.addNote(`${note} and ${events} events were saved from it; offsets go on with a gap`);
}

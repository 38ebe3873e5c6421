import { replaceDamaged } from "@fairlead/sqlite";
import { LogFile } from "./log-file.ts";
import { restore } from "./restore.ts";
import { salvageLog } from "./salvage.ts";
import type { LogSettings } from "./thread-messages.ts";

/** Offsets that are skipped after events may have been lost without a trace, so that none is given twice. */
const offsetMargin = 1_000_000;

/**
 * Puts a new log with every readable row in the place of a damaged one, which is kept. Returns in words what was
 * done.
 */
export function repair(settings: LogSettings, reason: string): string {
  const { path } = settings;
  const { kept, built } = replaceDamaged(path, (at) => salvageInto({ ...settings, path: at }, path));
  return `${path} was damaged (${reason}): it was kept as ${kept}; ${built}; offsets go on with a gap`;
}

/** Makes a new log of what can be read of `path`. Returns in words what was saved. */
function salvageInto(settings: LogSettings, path: string): string {
  const log = new LogFile(settings);
  try {
    const restored = restore(log, salvageLog(path), 0);
    const { events, isEndKnown, isStartKnown } = restored;
    // With nothing known, the clock stands above every offset that a log can have reached by counting.
    const last = restored.lastKnownOffset > 0 ? restored.lastKnownOffset + offsetMargin : Date.now();
    if (!isStartKnown) log.beginAtFirst(restored.lastKnownOffset);
    log.noteGaps(restored.lastKnownOffset);
    log.skipTo(last);
    let summary = `${events} events were saved from it`;
    if (log.damage.count > 0) summary += ` and ${log.damage.count} are missing`;
    if (!isEndKnown || !isStartKnown) summary += "; how many are missing is not known exactly";
    if (!restored.isComplete) summary += "; there was no room for the rest";
    return summary;
  } finally {
    log.close();
  }
}

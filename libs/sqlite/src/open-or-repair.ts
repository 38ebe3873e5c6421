import { toError } from "@fairlead/core";
import { checkHeader } from "./check.ts";
import { finishReplacement } from "./replace.ts";
import { isCorruption } from "./result-codes.ts";

export interface OpenOrRepair<T extends { close(): void }> {
  open(): T;
  /** Says in words what is wrong with the file that was opened. */
  check(opened: T): string | undefined;
  /** Puts a sound file in the place of the damaged one (`replaceDamaged`), and opens the new file. */
  repair(reason: string): T;
}

/**
 * Opens a file, repairing it first when it is damaged. The caller holds the lock of the file.
 * @throws whatever the parts throw and is no damage
 */
export function openOrRepair<T extends { close(): void }>(path: string, parts: OpenOrRepair<T>): T {
  finishReplacement(path);
  let reason = checkHeader(path);
  if (reason !== undefined) return parts.repair(reason);
  let opened: T | undefined;
  try {
    opened = parts.open();
    reason = parts.check(opened);
    if (reason === undefined) return opened;
    opened.close();
  } catch (error) {
    opened?.close();
    if (!isCorruption(error)) throw error;
    reason = toError(error).message;
  }
  return parts.repair(reason);
}

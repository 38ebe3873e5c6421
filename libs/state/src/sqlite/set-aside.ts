import { existsSync, renameSync } from "node:fs";
import type { Clock, Logger } from "@fairlead/core";

/**
 * Moves a state file that cannot be used out of the way, with its log, so that work goes on with an empty one. Nothing
 * is deleted. Returns the sentence for the operator.
 */
export function setAside(file: string, reason: string, clock: Clock, logger: Logger): string {
  const stamp = new Date(clock.nowMs()).toISOString().replaceAll(":", "").replace(".", "");
  const target = `${file}.damaged-${stamp}`;
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    if (existsSync(file + suffix)) renameSync(file + suffix, target + suffix);
  }
  const sentence =
    `The state file was unusable (${reason}) and was moved to ${target}. Lost with it: who held a lease (fences still ` +
    "grow), idempotency keys (a request that is repeated from before runs again) and kept values";
  logger.error({ file, target, reason }, sentence);
  return sentence;
}

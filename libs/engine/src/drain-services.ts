import { FairleadError, type Logger, onAbort, toError } from "@fairlead/core";
import type { RunningService } from "./service.ts";

/** Drains all services at once, at most until the signal: the bus needs time to flush. @returns names of those that did not drain */
export async function drainServices(
  running: readonly RunningService[],
  names: readonly string[],
  signal: AbortSignal,
  logger: Logger,
): Promise<string[]> {
  const outcomes = await Promise.all(
    running.map(async (service, index) => {
      try {
        await inTime(service.drain(signal), signal);
        return [];
      } catch (error) {
        logger.error({ err: toError(error), part: names[index] }, "cannot drain");
        return [String(names[index])];
      }
    }),
  );
  return outcomes.flat();
}

/** Rejects at the signal, one turn of the loop later: the work has the same signal, and may end by itself in that turn. */
async function inTime(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  using _ = onAbort(signal, () => {
    setImmediate(() => late.reject(new FairleadError("DRAIN_TIMEOUT", "Cannot drain: the time was up")));
  });
  await Promise.race([work, late.promise]);
}

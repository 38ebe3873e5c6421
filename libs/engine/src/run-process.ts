import { once } from "node:events";
import { run } from "@fairlead/chassis";
import { type RunningServices, type RunServicesOptions, runServices } from "./run-services.ts";

export interface RunProcessOptions extends Omit<RunServicesOptions, "signal"> {
  /** Called when everything is ready, to print the endpoints. A log for people does not list them a second time then. */
  readonly onReady?: (running: RunningServices) => void | Promise<void>;
}

/** Time that is kept back from the drain, in milliseconds, for the last events of the bus and the last spans. */
const flushMs = 2_000;

/** Logs a line for each endpoint, with its warning where there is one. */
function logEndpoints({ endpoints, logger }: RunningServices): void {
  for (const { description, warning, ...address } of endpoints) {
    if (warning === undefined) logger.info(address, `listening: ${description}`);
    else logger.warn({ ...address, warning }, `listening: ${description}`);
  }
}

/** The whole life of a process that runs services: start, wait for the signal, drain, end. Sets the exit code. */
export function runProcess(options: RunProcessOptions): Promise<void> {
  return run(
    async ({ signal, configure, remainingMs }) => {
      await using running = await runServices({ ...options, signal });
      configure({ logger: running.logger, shutdownMs: running.config.values.shutdown.limit });
      if (options.onReady === undefined || running.logFormat === "json") logEndpoints(running);
      await options.onReady?.(running);
      if (!signal.aborted) await once(signal, "abort");
      const limitMs = remainingMs();
      await running.drain(AbortSignal.timeout(Math.max(Math.floor(limitMs / 2), limitMs - flushMs)));
      running.logger.info({}, "drained");
    },
    { name: options.name },
  );
}

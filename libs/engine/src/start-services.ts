import { FairleadError, toError } from "@fairlead/core";
import type { RunningService, ServiceDefinition } from "./service.ts";

type Context = Parameters<ServiceDefinition["open"]>[0];

/**
 * Starts one service after the other.
 * @param how `opened` closes those that have started; the signal stops a start that is under way
 * @throws {FairleadError} START_FAILED with the service's own error as its cause
 */
export async function startServices(
  services: readonly ServiceDefinition[],
  contextOf: (service: ServiceDefinition) => Context,
  { opened, signal }: { opened: AsyncDisposableStack; signal: AbortSignal | undefined },
): Promise<RunningService[]> {
  const running: RunningService[] = [];
  for (const service of services) {
    signal?.throwIfAborted();
    running.push(opened.use(await startService(service, contextOf(service))));
  }
  return running;
}

async function startService(service: ServiceDefinition, context: Context): Promise<RunningService> {
  try {
    return await service.open(context);
  } catch (error) {
    throw new FairleadError("START_FAILED", `Cannot start ${service.name}: ${toError(error).message}`, {
      data: { service: service.name },
      cause: error,
    });
  }
}

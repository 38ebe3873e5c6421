/** The parts that services may name in `needs`: how each is opened, and who is given which. */
import type { HealthCheck } from "@fairlead/chassis";
import type { Clock, Logger, Meter, Tracer } from "@fairlead/core";
import { openState } from "@fairlead/state";
import { openBus, openQueues } from "./config/bus.ts";
import { stateOptions } from "./config/state.ts";
import type { EngineConfig } from "./config.ts";
import { prepareDataDir } from "./data-dir.ts";
import { busCheck, queuesCheck, stateCheck } from "./health.ts";
import type { PartName, Parts, ServiceDefinition } from "./service.ts";
import { traceBus } from "./trace-bus.ts";

/** Everything that the parts are opened with. */
export interface OpenPartsOptions {
  /** Name of the process, shown in RabbitMQ's list of connections. */
  readonly name: string;
  readonly config: EngineConfig;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly tracer: Tracer;
  readonly clock: Clock;
}

interface OpenPart {
  readonly parts: Partial<Parts>;
  readonly check: HealthCheck;
}

type Opener = (options: OpenPartsOptions, opened: AsyncDisposableStack) => Promise<OpenPart>;

/** The parts in the order of opening. The bus is closed first, so that it has all the time to write what it holds. */
const openers: Readonly<Record<PartName, Opener>> = {
  async state({ config, logger, meter, clock }, opened) {
    const observers = { logger, meter, clock };
    const state = opened.use(
      await openState({ ...stateOptions(config.state, config.dataDir), ...observers }),
    );
    return { parts: { state }, check: stateCheck(state) };
  },
  async queues({ config, ...parts }, opened) {
    const queues = opened.use(await openQueues(config.bus, { dataDir: config.dataDir, ...parts }));
    return { parts: { queues }, check: queuesCheck(queues) };
  },
  async bus({ config, tracer, ...parts }, opened) {
    const bus = opened.use(await openBus(config.bus, { dataDir: config.dataDir, ...parts }));
    return { parts: { bus: traceBus(bus, tracer) }, check: busCheck(bus) };
  },
};

/**
 * Opens the parts that some service needs. Where none is needed, no data directory is made.
 * @param opened closes them
 * @returns the parts, and their health checks, the bus first
 */
export async function openParts(
  services: readonly ServiceDefinition[],
  options: OpenPartsOptions,
  opened: AsyncDisposableStack,
): Promise<{ parts: Partial<Parts>; checks: readonly HealthCheck[] }> {
  const needed = new Set(services.flatMap(({ needs }) => needs));
  if (needed.size > 0) {
    const problem = await prepareDataDir(options.config.dataDir);
    if (problem !== undefined) options.logger.warn({}, problem);
  }
  let parts: Partial<Parts> = {};
  const checks: HealthCheck[] = [];
  for (const name of Object.keys(openers) as PartName[]) {
    if (!needed.has(name)) continue;
    const one = await openers[name]({ ...options, logger: options.logger.child({ part: name }) }, opened);
    parts = { ...parts, ...one.parts };
    checks.unshift(one.check);
  }
  return { parts, checks };
}

/**
 * The parts that a service names in `needs`. The type says that all parts are there, because this code cannot know which parts the
 * definition names. A service sees those that it names, by the type of its context.
 */
export function partsOf({ needs }: ServiceDefinition, parts: Partial<Parts>): Parts {
  return Object.fromEntries(needs.map((name) => [name, parts[name]])) as unknown as Parts;
}

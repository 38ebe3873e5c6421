/**
 * Layer 2: opens the bus and the state that the configuration names, serves health, metrics, documentation and the event
 * stream, and runs services on them.
 *
 * @module
 */

export { amqpBusOptions, busConfigSchema, openBus, openQueues } from "./config/bus.ts";
export { stateOptions } from "./config/state.ts";
export {
  type EngineConfig,
  type Environment,
  environmentOverrides,
  type LoadServicesConfigOptions,
  loadServicesConfig,
  planServices,
  servicesJsonSchema,
} from "./config.ts";
export { nearestExisting, prepareDataDir } from "./data-dir.ts";
export { type RunProcessOptions, runProcess } from "./run-process.ts";
export { type RunningServices, type RunServicesOptions, runServices } from "./run-services.ts";
export type {
  Endpoint,
  PartName,
  Parts,
  PlannedSocket,
  RunningService,
  ServiceContext,
  ServiceDefinition,
  ServicePlan,
} from "./service.ts";

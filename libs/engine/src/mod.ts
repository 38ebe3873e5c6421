/**
 * Runs services: reads the configuration, opens the parts that services need, serves health, metrics, the API document and the
 * event stream.
 *
 * @module
 */

export { amqpBusOptions, busConfigSchema, openBus } from "./config/bus.ts";
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

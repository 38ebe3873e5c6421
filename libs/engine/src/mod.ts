/**
 * Layer 2: opens the bus and the state that the configuration names, serves health, metrics, documentation and the event
 * stream, and runs services on them.
 *
 * @module
 */
export type { Endpoint, RunningService, ServiceContext, ServiceDefinition } from "./service.ts";

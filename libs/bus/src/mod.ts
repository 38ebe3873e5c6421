/**
 * The message bus: `publish` that is durable when it resolves, `tail` from any offset. Drivers behind one interface. And work
 * queues: `enqueue` that is durable when it resolves, `consume` with an outcome for each delivery.
 *
 * @module
 */
export type { Bus, BusHealth, LoggedEvent, TailOptions } from "./bus.ts";
export {
  type BusConfig,
  type BusConfigInput,
  type BusDependencies,
  busConfigSchema,
  openBus,
} from "./config.ts";
export { BusError, type BusErrorCode } from "./errors.ts";
export { delayAfter, type RetryDelay, retryDelays } from "./queues/delays.ts";
export { QueueError, type QueueErrorCode } from "./queues/errors.ts";
export { openQueues } from "./queues/open-queues.ts";
export {
  type ConsumeOptions,
  type DeadLetter,
  type Delivery,
  type DeliveryHandler,
  deliveryLimit,
  maxListed,
  maxMessageBytes,
  maxSlots,
  type QueueMessage,
  type QueuesHealth,
  type Settlement,
  type WorkQueues,
} from "./queues/queues.ts";
export { type OpenSpoolOptions, openSpool } from "./spool/open-spool.ts";
export {
  type DrainSpoolOptions,
  drainSpool,
  exportSpool,
  inspectSpool,
  type SpoolStatus,
  verifySpool,
} from "./spool/operations.ts";
export type { SqliteBusOptions } from "./sqlite/options.ts";
export { openSqliteBus, SqliteBus } from "./sqlite/sqlite-bus.ts";

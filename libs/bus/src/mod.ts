/**
 * The message bus: `publish` that is durable when it resolves, `tail` from any offset. Drivers behind one interface. And work
 * queues: `enqueue` that is durable when it resolves, `consume` with an outcome for each delivery.
 *
 * @module
 */

export type { AmqpBusOptions } from "./amqp/amqp-bus.ts";
export type { Bus, BusHealth, LoggedEvent, TailOptions } from "./bus.ts";
export {
  amqpBusOptions,
  type BusConfig,
  type BusParts,
  busConfigSchema,
  openBus,
  openQueues,
} from "./config.ts";
export { BusError, type BusErrorCode } from "./errors.ts";
export { type IpcBusOptions, openIpcBus } from "./ipc/ipc-bus.ts";
export type { BusPort } from "./ipc/protocol.ts";
export { serveBus } from "./ipc/serve.ts";
export { observeBus } from "./observe.ts";
export { openAmqpBus } from "./open-amqp-bus.ts";
export { delayAfter, type RetryDelay, retryDelays } from "./queues/delays.ts";
export { QueueError, type QueueErrorCode } from "./queues/errors.ts";
export { openAmqpQueues } from "./queues/open-amqp-queues.ts";
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
export { openSqliteQueues } from "./queues/sqlite/sqlite-queues.ts";
export {
  type EmptySpoolOptions,
  emptySpool,
  exportSpool,
  inspectSpool,
  type SpoolStatus,
  verifySpool,
} from "./spool/operations.ts";
export type { SqliteBusOptions } from "./sqlite/options.ts";
export { openSqliteBus, SqliteBus } from "./sqlite/sqlite-bus.ts";

/**
 * Work queues: `enqueue` that is durable when it resolves, `consume` with an outcome for each delivery. One driver for this disk, one
 * for RabbitMQ.
 *
 * @module
 */
export { delayAfter, type RetryDelay, retryDelays } from "./delays.ts";
export { QueueError, type QueueErrorCode } from "./errors.ts";
export { openAmqpQueues } from "./open-amqp-queues.ts";
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
} from "./queues.ts";
export { openSqliteQueues } from "./sqlite/sqlite-queues.ts";

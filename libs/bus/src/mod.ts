/**
 * The message bus: `publish` that is durable when it resolves, `tail` from any offset. One driver for this disk, one for RabbitMQ
 * with a spool in front of it.
 *
 * @module
 */
export type { AmqpBusOptions } from "./amqp/amqp-bus.ts";
export type { Bus, BusHealth, LoggedEvent, TailOptions } from "./bus.ts";
export { BusError, type BusErrorCode } from "./errors.ts";
export { observeBus } from "./observe.ts";
export { openAmqpBus } from "./open-amqp-bus.ts";
export {
  emptySpool,
  exportSpool,
  inspectSpool,
  type SpoolStatus,
  verifySpool,
} from "./spool/operations.ts";
export type { SqliteBusOptions } from "./sqlite/options.ts";
export { openSqliteBus } from "./sqlite/sqlite-bus.ts";

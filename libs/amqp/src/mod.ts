/**
 * What the libraries on RabbitMQ share: one supervised connection, the supported versions, the names of exchanges and queues.
 * Importing this loads the AMQP client, so import it only where RabbitMQ is used.
 *
 * @module
 */
export { queueSettleMs } from "./broker.ts";
export { ConsumerLink } from "./consumer-link.ts";
export { declareDead } from "./dead-letters.ts";
export { describeLink } from "./describe-link.ts";
export { AmqpError } from "./errors.ts";
export { type BrokerOptions, Link, type LinkOptions, type LinkState, withLinkDefaults } from "./link.ts";
export { names } from "./names.ts";
export { probeBroker } from "./probe.ts";
export { isNotFound, withChannel, withConfirmChannel, withConnection } from "./with-channel.ts";

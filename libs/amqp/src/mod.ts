/**
 * One supervised connection to RabbitMQ, its versions, names and probe.
 *
 * @module
 */
export {};

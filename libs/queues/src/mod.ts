/**
 * Work queues behind one interface; drivers for SQLite and RabbitMQ.
 *
 * @module
 */
export {};

import type { AmqpBus, AmqpBusOptions } from "./amqp/amqp-bus.ts";

/**
 * Opens the bus on RabbitMQ, with the spool in front of it. The bus accepts at once, whether RabbitMQ is there or not.
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED, each about the spool
 */
export async function openAmqpBus(options: AmqpBusOptions): Promise<AmqpBus> {
  // Loaded only where it is used: without RabbitMQ its client would cost memory and time at every start.
  const { AmqpBus } = await import("./amqp/amqp-bus.ts");
  return await AmqpBus.open(options);
}

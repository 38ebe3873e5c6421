import type { AmqpQueues, AmqpQueuesOptions } from "./amqp/amqp-queues.ts";

/** Opens the work queues on RabbitMQ, which may be away: then `enqueue` waits for it. */
export async function openAmqpQueues(options: AmqpQueuesOptions): Promise<AmqpQueues> {
  // Loaded only where it is used: without RabbitMQ its client would cost memory and time at every start.
  const { AmqpQueues } = await import("./amqp/amqp-queues.ts");
  return new AmqpQueues(options);
}

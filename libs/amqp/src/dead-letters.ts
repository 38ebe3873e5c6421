/** The exchange and the queue of the dead letters, which the inbox and every work queue share. */
import type { Channel } from "amqplib";
import { names } from "./names.ts";

/** The most that every version takes. `-1`, which lifts the limit, is an error before 4.0. */
const noDeliveryLimit = 2 ** 31 - 1;

/**
 * Declares the dead-letter exchange and queue. Listing that queue redelivers every message, so its delivery limit must be far
 * above RabbitMQ 4's default of 20 (broker.ts).
 */
export async function declareDead(channel: Channel): Promise<void> {
  await channel.assertExchange(names.dead, "fanout", { durable: true });
  await channel.assertQueue(names.deadQueue, {
    durable: true,
    arguments: { "x-queue-type": "quorum", "x-delivery-limit": noDeliveryLimit },
  });
  await channel.bindQueue(names.deadQueue, names.dead, "");
}

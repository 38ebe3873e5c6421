import { join } from "node:path";
import type { BusConfig, BusDependencies } from "../config.ts";
import type { WorkQueues } from "./queues.ts";

/**
 * Opens the work queues beside the bus that the configuration describes, with their metrics: on RabbitMQ where `amqp` is set, else
 * on this disk in `<dataDir>/queues.db`.
 * @throws {QueueError} QUEUES_IN_USE, QUEUES_TOO_NEW, QUEUES_FAILED. RabbitMQ may be away: then `enqueue` waits for it
 */
export async function openQueues(
  { amqp }: Pick<BusConfig, "amqp">,
  { dataDir, name = "fairlead", ...shared }: BusDependencies,
): Promise<WorkQueues> {
  // Each driver is loaded only where it is used.
  if (amqp === undefined) {
    const { openSqliteQueues } = await import("./sqlite/sqlite-queues.ts");
    return openSqliteQueues({ path: join(dataDir, "queues.db"), ...shared });
  }
  const { openAmqpQueues } = await import("./amqp/amqp-queues.ts");
  return openAmqpQueues({
    url: amqp.url,
    name,
    maxPendingMessages: amqp.windowMessages,
    maxPendingBytes: amqp.windowBytes,
    heartbeatSeconds: Math.ceil(amqp.heartbeat / 1_000),
    connectTimeoutMs: amqp.connectTimeout,
    reconnectMaxMs: amqp.maxReconnectDelay,
    ...shared,
  });
}

/** The exchange and the queues of events (docs/reference/rabbitmq.md). Whoever needs them declares them; every declaration is idempotent. */
import { declareDead, isNotFound, names, withChannel } from "@fairlead/amqp";
import { eventTypePrefix } from "@fairlead/contracts/names";
import type { Channel, ChannelModel } from "amqplib";

/** Type of the marks that a tail puts into the log to find its own place (stream-tail.ts). A mark is no event. */
export const markType = `${eventTypePrefix}log.mark`;

export interface EventTopologyOptions {
  /** Cap of the log stream in bytes; the oldest segments go first. */
  readonly logMaxBytes: number;
  /** Age after which segments of the log stream go, in milliseconds; whole seconds count. */
  readonly logMaxAgeMs: number;
  /** Routing patterns bound to the inbox queue; empty: no inbox. */
  readonly inbox: readonly string[];
  /** Cap of the inbox in bytes: when it is full, publishes are refused and go to the spool. */
  readonly inboxMaxBytes: number;
}

/**
 * The events exchange, the log stream behind it, and the inbox where it is configured.
 *
 * A stream's segment must stay well below its cap, or nothing can ever be cut off (RabbitMQ documentation, Streams,
 * Retention): an eighth, at most 500 MB, which is the server's default.
 */
export async function declareEvents(channel: Channel, options: EventTopologyOptions): Promise<void> {
  await channel.assertExchange(names.events, "topic", { durable: true });
  await channel.assertQueue(names.log, {
    durable: true,
    arguments: {
      "x-queue-type": "stream",
      "x-max-length-bytes": options.logMaxBytes,
      "x-max-age": `${Math.ceil(options.logMaxAgeMs / 1_000)}s`,
      "x-stream-max-segment-size-bytes": Math.min(500_000_000, Math.floor(options.logMaxBytes / 8)),
    },
  });
  await channel.bindQueue(names.log, names.events, "#");
  if (options.inbox.length === 0) return;
  await channel.assertQueue(names.inbox, {
    durable: true,
    arguments: {
      "x-queue-type": "quorum",
      "x-max-length-bytes": options.inboxMaxBytes,
      "x-overflow": "reject-publish",
      // Explicit, because the default changed with 4.0 (libs/amqp/src/broker.ts). The back end that reads the inbox decides itself
      // what to do with a message that it cannot handle.
      "x-delivery-limit": 20,
      "x-dead-letter-exchange": names.dead,
      "x-dead-letter-strategy": "at-least-once",
    },
  });
  for (const pattern of options.inbox) await channel.bindQueue(names.inbox, names.events, pattern);
}

/** Everything that publishing needs. */
export async function declareAll(channel: Channel, options: EventTopologyOptions): Promise<void> {
  await declareDead(channel);
  await declareEvents(channel, options);
}

/**
 * True when every queue that publishing needs is there and serves. Each question has a channel of its own: the broker closes a
 * channel that asks for a missing queue.
 */
export async function hasQueues(model: ChannelModel, { inbox }: EventTopologyOptions): Promise<boolean> {
  for (const queue of [names.log, names.deadQueue, ...(inbox.length > 0 ? [names.inbox] : [])]) {
    try {
      await withChannel(model, (channel) => channel.checkQueue(queue));
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
  return true;
}

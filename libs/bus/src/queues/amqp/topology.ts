/** The queues of work (contracts.md, RabbitMQ topology). Declared when first needed, on a channel of their own: what the broker refuses closes only that. */
import type { Channel, ChannelModel } from "amqplib";
import { declareDead, names } from "../../amqp/topology.ts";
import { delayMs, type RetryDelay } from "../delays.ts";
import { deliveryLimit } from "../queues.ts";

/**
 * Caps of each queue; a full one refuses (`reject-publish`). They are arguments of the queue and cannot change once it stands: the
 * broker then answers 406 (PRECONDITION_FAILED). A policy can lower them at any time.
 */
export interface QueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/**
 * A headers exchange in front of the ladder. The routing key has to stay the kind, because a message that has waited goes to
 * `fairlead.jobs` with the key that it came with; so the header `fairlead-delay` chooses the step.
 */
export const delayExchange = "fairlead.delay";
export const delayHeader = "fairlead-delay";

export const jobQueue = (kind: string) => `job.${kind}.v1`;
export const delayQueue = (delay: RetryDelay) => `job.delay.${delay}.v1`;

/** The kind that a job queue is for; undefined for any other queue. */
export function kindOfQueue(queue: string): string | undefined {
  return /^job\.([a-z][a-z0-9-]*)\.v\d+$/.exec(queue)?.[1];
}

/** At least once: a message leaves the queue only when where it goes to has confirmed it (RabbitMQ 3.10, Quorum Queues). */
const quorum = ({ maxMessages, maxBytes }: QueueLimits) => ({
  "x-queue-type": "quorum",
  "x-max-length": maxMessages,
  "x-max-length-bytes": maxBytes,
  "x-overflow": "reject-publish",
  "x-dead-letter-strategy": "at-least-once",
});

async function declareExchanges(channel: Channel): Promise<void> {
  await declareDead(channel);
  await channel.assertExchange(names.jobs, "direct", { durable: true });
  await channel.assertExchange(delayExchange, "headers", { durable: true });
}

async function declareKind(channel: Channel, kind: string, limits: QueueLimits): Promise<void> {
  await channel.assertQueue(jobQueue(kind), {
    durable: true,
    arguments: {
      ...quorum(limits),
      "x-delivery-limit": deliveryLimit,
      "x-dead-letter-exchange": names.dead,
      // So that the dead letter says its kind, whatever key it came with.
      "x-dead-letter-routing-key": kind,
    },
  });
  await channel.bindQueue(jobQueue(kind), names.jobs, kind);
}

async function declareDelay(channel: Channel, delay: RetryDelay, limits: QueueLimits): Promise<void> {
  await channel.assertQueue(delayQueue(delay), {
    durable: true,
    arguments: {
      ...quorum(limits),
      // Nobody consumes it; set all the same, because its default differs between 3.x and 4.x (../../amqp/broker.ts).
      "x-delivery-limit": deliveryLimit,
      "x-message-ttl": delayMs[delay],
      "x-dead-letter-exchange": names.jobs,
    },
  });
  await channel.bindQueue(delayQueue(delay), delayExchange, "", { "x-match": "all", [delayHeader]: delay });
}

/** What a message needs to find its way. */
export interface Needs {
  readonly kind?: string;
  readonly delay?: RetryDelay;
}

/** What has been declared over one connection, so that it is done once. */
export class Declared {
  readonly #model: ChannelModel;
  readonly #limits: QueueLimits;
  readonly #done = new Map<string, Promise<void>>();

  constructor(model: ChannelModel, limits: QueueLimits) {
    this.#model = model;
    this.#limits = limits;
  }

  /** @throws what the broker answers; then it is tried anew the next time */
  async ensure({ kind, delay }: Needs): Promise<void> {
    await this.#once("exchanges", declareExchanges);
    if (kind !== undefined)
      await this.#once(jobQueue(kind), (channel) => declareKind(channel, kind, this.#limits));
    if (delay !== undefined)
      await this.#once(delayQueue(delay), (channel) => declareDelay(channel, delay, this.#limits));
  }

  /** Something that stood here is gone: look at all of it anew. */
  forget(): void {
    this.#done.clear();
  }

  #once(name: string, declare: (channel: Channel) => Promise<void>): Promise<void> {
    const known = this.#done.get(name);
    if (known !== undefined) return known;
    const declaring = this.#declare(declare);
    this.#done.set(name, declaring);
    declaring.catch(() => {
      if (this.#done.get(name) === declaring) this.#done.delete(name);
    });
    return declaring;
  }

  async #declare(declare: (channel: Channel) => Promise<void>): Promise<void> {
    const channel = await this.#model.createChannel();
    channel.on("error", () => {}); // The call that caused it is rejected as well.
    await declare(channel);
    await channel.close();
  }
}

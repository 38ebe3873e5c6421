/** The queues of work (contracts.md, RabbitMQ topology): their names, arguments and bindings. */
import { names } from "../../amqp/topology.ts";
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

/** What a queue is declared with, and what brings messages into it. */
export interface QueueDeclaration {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly exchange: string;
  readonly routingKey: string;
  readonly bindingArguments: Readonly<Record<string, unknown>>;
}

export const kindDeclaration = (kind: string, limits: QueueLimits): QueueDeclaration => ({
  name: jobQueue(kind),
  arguments: {
    ...quorum(limits),
    "x-delivery-limit": deliveryLimit,
    "x-dead-letter-exchange": names.dead,
    // So that the dead letter says its kind, whatever key it came with.
    "x-dead-letter-routing-key": kind,
  },
  exchange: names.jobs,
  routingKey: kind,
  bindingArguments: {},
});

export const delayDeclaration = (delay: RetryDelay, limits: QueueLimits): QueueDeclaration => ({
  name: delayQueue(delay),
  arguments: {
    ...quorum(limits),
    // Nobody consumes it; set all the same, because its default differs between 3.x and 4.x (../../amqp/broker.ts).
    "x-delivery-limit": deliveryLimit,
    "x-message-ttl": delayMs[delay],
    "x-dead-letter-exchange": names.jobs,
  },
  exchange: delayExchange,
  routingKey: "",
  bindingArguments: { "x-match": "all", [delayHeader]: delay },
});

/** The queues of work (docs/reference/rabbitmq.md): their names, arguments and bindings. */
import { names } from "@fairlead/amqp";
import { delayMs, type RetryDelay } from "../delays.ts";
import { deliveryLimit } from "../queues.ts";

/**
 * Caps of each queue; a full queue refuses (`reject-publish`). The caps are arguments of the queue and cannot change once the queue stands:
 * the broker then answers 406 (PRECONDITION_FAILED). A policy can lower them at any time.
 */
export interface QueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export const jobQueue = (kind: string) => `job.${kind}.v1`;
/** Each kind has its own delay queues: a message whose queue is full holds up all others behind it. */
export const delayQueue = (kind: string, delay: RetryDelay) => `job.${kind}.delay.${delay}.v1`;
/** Of `fairlead.jobs`. No kind has a dot. */
export const delayKey = (kind: string, delay: RetryDelay) => `${kind}.${delay}`;

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
  /** Of the exchange `fairlead.jobs`. */
  readonly routingKey: string;
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
  routingKey: kind,
});

export const delayDeclaration = (kind: string, delay: RetryDelay, limits: QueueLimits): QueueDeclaration => ({
  name: delayQueue(kind, delay),
  arguments: {
    ...quorum(limits),
    // Nobody consumes this queue. The limit is set all the same, because its default differs between 3.x and 4.x.
    "x-delivery-limit": deliveryLimit,
    "x-message-ttl": delayMs[delay],
    "x-dead-letter-exchange": names.jobs,
    "x-dead-letter-routing-key": kind,
  },
  routingKey: delayKey(kind, delay),
});

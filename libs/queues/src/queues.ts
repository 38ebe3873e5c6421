import type { RetryDelay } from "./delays.ts";

/** What goes into a queue. */
export interface QueueMessage {
  /** Stays the same over every delivery, repeat and retry, so that consumers can drop repeats. 1 to 128 printable ASCII characters. Default: a new one. */
  readonly id?: string;
  /** With the headers at most 64 KiB (`maxMessageBytes`). Must not change until `enqueue` has resolved. */
  readonly body: Uint8Array;
  /** Text that goes with the message through every retry: "traceparent". Lower-case names, none that begins with "x-" or "fairlead-". */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What became of a settlement.
 * - "settled": the queue has it. On RabbitMQ an ack is not answered: when the link dies right behind the ack, the message
 *   comes again all the same.
 * - "lost": the delivery was no longer ours (its link or process died in between): nothing was taken off the queue and the
 *   message comes again. A retry or a dead letter with the same id may then exist beside that message.
 */
export type Settlement = "settled" | "lost";

/**
 * A message in a consumer's hands. Settle each delivery exactly once, as soon as the work is claimed (its state is durable elsewhere), not
 * when the work is done: RabbitMQ takes an unsettled message away after 30 minutes (`consumer_timeout`), and every loss of the link
 * would start the work a second time.
 */
export interface Delivery {
  readonly kind: string;
  /** A foreign message without an id gets a new one at each delivery, until the first retry. */
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Times that the message was handed out and lost unsettled, since it was last put into the queue. At most `deliveryLimit`. */
  readonly redeliveries: number;
  /** Times that `retry` has put the message back. */
  readonly retries: number;
  /**
   * Takes the message off the queue.
   * @throws {QueueError} QUEUES_FAILED, QUEUES_CLOSED: the delivery is still ours to settle
   * @throws {TypeError} as every settlement does, when the delivery has been settled already
   */
  ack(): Promise<Settlement>;
  /**
   * Puts the message back so that it comes again after the delay, with `retries` one higher and `redeliveries` at 0.
   * @throws {QueueError} QUEUE_FULL, QUEUES_OVERLOADED, QUEUES_FAILED, QUEUES_CLOSED: the delivery is still ours to settle
   */
  retry(delay: RetryDelay): Promise<Settlement>;
  /**
   * Moves the message to the dead letters.
   * @param reason for people; cut off after 1,000 characters
   * @throws {QueueError} as `retry`
   */
  deadLetter(reason: string): Promise<Settlement>;
}

export interface ConsumeOptions {
  /** Handlers that run at once, 1 to 256. A slot is taken from the delivery until its handler has ended, acked or not. */
  readonly slots: number;
  /** Fires when nothing more shall be handed out. */
  readonly signal: AbortSignal;
}

/** Ends when the slot is free again. */
export type DeliveryHandler = (delivery: Delivery) => Promise<void>;

/** A message that could not be handled, with the reason. */
export interface DeadLetter {
  readonly id: string;
  /** The kind of the queue that the message came from; for a queue that is not one of ours, the name of that queue. */
  readonly kind: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** As given to `deadLetter`, or "delivery limit" for a message that was handed out too often and never settled. */
  readonly reason: string;
  /** Milliseconds since the epoch; undefined where nobody knows the time. */
  readonly diedAtMs: number | undefined;
  readonly retries: number;
}

export interface QueuesHealth {
  /** False when `enqueue` would fail now. */
  readonly canAccept: boolean;
  readonly isDegraded: boolean;
  /** Sentences for an operator; empty when all is well. */
  readonly problems: readonly string[];
  /** Messages and bytes on their way into a queue and not yet durable. */
  readonly pendingMessages: number;
  readonly pendingBytes: number;
}

/**
 * Work queues: one durable queue per kind, each message to one consumer, at least once. The order is roughly that of the
 * calls and not promised. A kind is 1 to 64 of a-z, 0-9 and "-", beginning with a letter; the queue is made at its first
 * use.
 */
export interface WorkQueues extends AsyncDisposable {
  /**
   * Resolves with the id when the message is durable: confirmed by a quorum queue and not returned, or fsynced here.
   * @param delay the message comes up after so long; default at once
   * @throws {QueueError} MESSAGE_TOO_LARGE, BAD_MESSAGE; QUEUE_FULL (retryable); QUEUES_OVERLOADED (retryable) when more is
   *   on its way than there is memory for; QUEUES_CLOSED; QUEUES_FAILED (retryable): the message may be in the queue all
   *   the same, so a repeat must carry the same id
   */
  enqueue(kind: string, message: QueueMessage, options?: { readonly delay?: RetryDelay }): Promise<string>;
  /**
   * Hands out messages until the signal fires, then resolves when the running handlers have ended. Goes on by itself after
   * any loss of the link. No delivery waits behind a busy slot: what is not handed out is in the queue for others.
   *
   * What a handler leaves unsettled, by throwing or by forgetting, is retried up the ladder of delays and dead-lettered
   * after its last step. An error behind a settlement is logged and changes nothing.
   * @throws {QueueError} BAD_MESSAGE for a bad kind or number of slots; QUEUES_CLOSED
   */
  consume(kind: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<void>;
  /**
   * Looks at dead letters, the oldest first as far as the driver knows. Gives less where the bodies together exceed 16 MiB.
   * @param limit 1 to 1,000
   * @throws {QueueError} QUEUES_FAILED, QUEUES_CLOSED
   */
  deadLetters(options: { readonly limit: number }): Promise<readonly DeadLetter[]>;
  /**
   * Puts a dead letter back into its queue, as new: no retries, no redeliveries. False when there is none with this id (or
   * somebody else is looking at that letter just now). Of several with the same id one is taken.
   * @throws {QueueError} as `enqueue`; the message is still a dead letter then
   */
  requeueDead(id: string): Promise<boolean>;
  /** Lets a dead letter go for good. False as `requeueDead`. @throws {QueueError} QUEUES_FAILED, QUEUES_CLOSED */
  discardDead(id: string): Promise<boolean>;
  health(): QueuesHealth;
  /** Disposing ends every `consume`; what its handlers hold is lost to them. Waits for what `enqueue` has taken. */
}

/** Body and headers of one message together, in bytes. */
export const maxMessageBytes = 64 << 10;
/** A message that was handed out and lost unsettled more often than this becomes a dead letter (`x-delivery-limit`). */
export const deliveryLimit = 5;
export const maxSlots = 256;
/** Dead letters given at once: messages, and bytes of their bodies. */
export const maxListed = 1_000;
export const maxListedBytes = 16 << 20;

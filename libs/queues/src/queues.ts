import type { RetryDelay } from "./delays.ts";

/** What goes into a queue. */
export interface QueueMessage {
  /** Stays the same over every delivery, repeat and retry: consumers drop repeats by it. 1 to 128 printable ASCII characters. Default: a new one. */
  readonly id?: string;
  /** With the headers at most 64 KiB (`maxMessageBytes`). Must not change until `enqueue` has resolved. */
  readonly body: Uint8Array;
  /** Text that goes with the message through every retry: "traceparent". Lower-case names, none that begins with "x-" or "fairlead-". */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What became of a settlement.
 * - "settled": the queue has it. On RabbitMQ an ack is not answered: when the link dies right behind it, the message comes
 *   again all the same.
 * - "lost": the delivery was no longer ours (its link or process died in between): nothing was taken off the queue and the
 *   message comes again. A retry or a dead letter may then exist beside it, with the same id.
 */
export type Settlement = "settled" | "lost";

/**
 * A message in a consumer's hands. Settle it exactly once, as soon as it is claimed (its state is durable elsewhere), not
 * when the work is done: RabbitMQ takes it away after 30 minutes (`consumer_timeout`), and every loss of the link would
 * start the work a second time.
 */
export interface Delivery {
  readonly kind: string;
  /** A foreign message without an id gets a new one at each delivery, until the first retry. */
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Times it was handed out before and lost unsettled, since it was last put into the queue. At most `deliveryLimit`. */
  readonly redeliveries: number;
  /** Times that `retry` has put it back. */
  readonly retries: number;
  /**
   * Takes it off the queue.
   * @throws {QueueError} QUEUES_FAILED, QUEUES_CLOSED: it is still ours to settle
   * @throws {TypeError} as every settlement does, when it has been settled already
   */
  ack(): Promise<Settlement>;
  /**
   * Puts it back so that it comes again after the delay, with `retries` one higher and `redeliveries` at 0.
   * @throws {QueueError} QUEUE_FULL, QUEUES_OVERLOADED, QUEUES_FAILED, QUEUES_CLOSED: it is still ours to settle
   */
  retry(delay: RetryDelay): Promise<Settlement>;
  /**
   * Moves it to the dead letters.
   * @param reason for people; cut off after 1,000 characters
   * @throws {QueueError} as `retry`
   */
  deadLetter(reason: string): Promise<Settlement>;
}

export interface ConsumeOptions {
  /** Handlers that run at once, 1 to 256. A slot is taken from the delivery until its handler has ended, acked or not. */
  readonly slots: number;
  /** When it fires, nothing more is handed out. */
  readonly signal: AbortSignal;
}

/** Ends when the slot is free again. */
export type DeliveryHandler = (delivery: Delivery) => Promise<void>;

/** A message that could not be handled, with the reason. */
export interface DeadLetter {
  readonly id: string;
  /** The kind of the queue that it came from; for a message of another queue, that queue's name. */
  readonly kind: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** As given to `deadLetter`, or "delivery limit" where it was handed out too often and never settled. */
  readonly reason: string;
  /** Milliseconds since the epoch, where it is known. */
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
 * calls and not promised. A kind is 1 to 64 of a-z, 0-9 and "-", beginning with a letter; its queue is made when it is first
 * used.
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
   * somebody else is looking at it just now). Of several with the same id one is taken.
   * @throws {QueueError} as `enqueue`; then it is still a dead letter
   */
  requeueDead(id: string): Promise<boolean>;
  /** Lets a dead letter go for good. False as `requeueDead`. @throws {QueueError} QUEUES_FAILED, QUEUES_CLOSED */
  discardDead(id: string): Promise<boolean>;
  health(): QueuesHealth;
  /** Disposing ends every `consume`; what its handlers hold is lost to them. Waits for what `enqueue` has taken. */
}

/** Body and headers of one message together, in bytes (contracts.md, Jobs: Envelope). */
export const maxMessageBytes = 64 << 10;
/** A message that was handed out and lost unsettled more often than this becomes a dead letter (contracts.md: `x-delivery-limit`). */
export const deliveryLimit = 5;
export const maxSlots = 256;
/** Dead letters given at once: messages, and bytes of their bodies. */
export const maxListed = 1_000;
export const maxListedBytes = 16 << 20;

/**
 * Sending work with a positive outcome: persistent, mandatory, confirmed and not returned. Unlike the publisher of events a sender
 * has no spool behind it and no order to keep, so each message has its own outcome: a refusal concerns one queue, not the link.
 * A message that is unconfirmed when the link is lost is sent again with the same id, until its time is up.
 */
import { Link, type LinkOptions, type LinkState } from "@fairlead/amqp";
import { Budget, backoffMs, toError, WakeUp } from "@fairlead/core";
import type { ChannelModel, ConfirmChannel, Options } from "amqplib";
import { QueueError } from "../errors.ts";
import { Declared, type DeclaredOptions, type Needs } from "./declared.ts";

export interface Outgoing {
  /** For error texts: "enqueue a message of kind fetch". */
  readonly doing: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  /** With a messageId. */
  readonly options: Options.Publish;
  readonly needs: Needs;
}

export interface SenderOptions extends Omit<LinkOptions, "setup" | "onDown" | "failures">, DeclaredOptions {
  readonly maxPendingMessages: number;
  readonly maxPendingBytes: number;
  /** Without a positive outcome for so long a message is given up, in milliseconds. */
  readonly confirmTimeoutMs: number;
}

interface Pending {
  readonly outgoing: Outgoing;
  readonly resolve: () => void;
  readonly reject: (error: QueueError) => void;
  readonly deadline: Disposable;
  /** Where it waits for its confirm, and since when on the monotonic clock. */
  sentOn: ConfirmChannel | undefined;
  sentAtMs: number;
  isReturned: boolean;
  attempts: number;
  /** Why the last attempt came to nothing. */
  reason: string | undefined;
}

interface Connection {
  readonly channel: ConfirmChannel;
  readonly declared: Declared;
}

export class Sender implements AsyncDisposable {
  readonly #options: SenderOptions;
  readonly #link: Link;
  readonly #pending = new Set<Pending>();
  readonly #budget: Budget;
  #connection: Connection | undefined;
  #losses = 0;
  /** When the broker last gave any confirm, on the monotonic clock. */
  #confirmedAtMs = 0;
  #isClosed = false;
  readonly #idle = new WakeUp();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#budget = new Budget(options.maxPendingMessages, options.maxPendingBytes);
    this.#link = new Link({
      ...options,
      setup: (model) => this.#setup(model),
      onDown: (reason) => this.#lost(reason),
      // After losses in a row the broker is asked ever more slowly.
      failures: () => this.#losses,
    });
  }

  get linkState(): LinkState {
    return this.#link.state;
  }

  get pending(): { messages: number; bytes: number } {
    return { messages: this.#budget.items, bytes: this.#budget.bytes };
  }

  get isReady(): boolean {
    return this.#connection !== undefined;
  }

  /** @throws {QueueError} QUEUE_FULL, QUEUES_OVERLOADED, QUEUES_FAILED, QUEUES_CLOSED */
  send(outgoing: Outgoing): Promise<void> {
    const { confirmTimeoutMs, clock } = this.#options;
    const cannot = `Cannot ${outgoing.doing}`;
    if (this.#isClosed)
      return Promise.reject(new QueueError("QUEUES_CLOSED", `${cannot}: the queues are closed`));
    const bytes = outgoing.content.length;
    const budget = this.#budget;
    if (!budget.hasRoom(bytes)) {
      const state = `${budget.items} messages and ${budget.bytes} bytes are on their way`;
      const limits = `the limits are ${budget.maxItems} and ${budget.maxBytes}`;
      return Promise.reject(new QueueError("QUEUES_OVERLOADED", `${cannot}: ${state}, ${limits}`));
    }
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        outgoing,
        resolve,
        reject,
        deadline: clock.timer(confirmTimeoutMs, () => this.#overdue(pending)),
        sentOn: undefined,
        sentAtMs: 0,
        isReturned: false,
        attempts: 0,
        reason: undefined,
      };
      this.#pending.add(pending);
      budget.take(bytes);
      void this.#transmit(pending);
    });
  }

  async #setup(model: ChannelModel): Promise<void> {
    const declared = new Declared(model, this.#options);
    await declared.base();
    const channel = await model.createConfirmChannel();
    let why = "channel closed";
    channel.on("error", (error) => {
      why = error.message;
    });
    // Before amqplib's own listener, which calls back for everything unconfirmed as if the broker had refused.
    channel.prependListener("close", () => {
      if (this.#connection?.channel !== channel) return;
      this.#lost(why);
      this.#link.sever(why);
    });
    // A message without a queue comes back first and is confirmed then. Of several under way with one id all are sent again.
    channel.on("return", ({ properties }) => {
      for (const pending of this.#pending)
        if (pending.outgoing.options.messageId === properties.messageId) pending.isReturned = true;
    });
    this.#connection = { channel, declared };
    for (const pending of this.#pending) void this.#transmit(pending);
  }

  async #transmit(pending: Pending): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return; // The next setup transmits.
    const { channel, declared } = connection;
    const { exchange, routingKey, content, options, needs } = pending.outgoing;
    try {
      await declared.forMessage(needs);
    } catch (error) {
      return this.#transmitLater(pending, toError(error).message);
    }
    if (this.#connection !== connection || !this.#pending.has(pending) || pending.sentOn === channel) return;
    pending.sentOn = channel;
    pending.sentAtMs = this.#options.clock.monotonicMs();
    pending.isReturned = false;
    channel.publish(exchange, routingKey, content, options, (error: unknown) => {
      if (this.#connection !== connection || pending.sentOn !== channel) return;
      pending.sentOn = undefined;
      this.#confirmedAtMs = this.#options.clock.monotonicMs();
      if (error) return this.#refused(pending);
      if (!pending.isReturned) {
        this.#losses = 0;
        return this.#settle(pending)?.resolve();
      }
      declared.unroutable(needs);
      this.#transmitLater(pending, `${exchange || "the broker"} has no queue for ${routingKey}`);
    });
  }

  #transmitLater(pending: Pending, reason: string): void {
    pending.reason = reason;
    const delayMs = backoffMs(++pending.attempts, { minDelayMs: 20, maxDelayMs: 1_000 });
    this.#options.clock.timer(delayMs, () => {
      if (this.#pending.has(pending) && pending.sentOn === undefined) void this.#transmit(pending);
    });
  }

  /** After a nack. A full quorum queue gives one; a queue without a majority does not answer at all. */
  #refused(pending: Pending): void {
    const { doing, needs } = pending.outgoing;
    const { maxMessages, maxBytes } = this.#options.limits;
    const limits = `its limits are ${maxMessages} messages and ${maxBytes} bytes, or less by a policy`;
    const message = `Cannot ${doing}: the broker refuses it, its queue is full or has no leader yet; ${limits}`;
    this.#settle(pending)?.reject(
      new QueueError("QUEUE_FULL", message, needs.kind === undefined ? {} : { data: { kind: needs.kind } }),
    );
  }

  #overdue(pending: Pending): void {
    const { outgoing, sentOn, sentAtMs } = pending;
    const link = this.#link.state;
    const isSilent = sentOn !== undefined && sentOn === this.#connection?.channel;
    const isLinkSilent = isSilent && this.#confirmedAtMs < sentAtMs;
    const down = link.status === "up" ? undefined : `RabbitMQ is ${link.status}: ${link.reason}`;
    const silence = isLinkSilent
      ? "the broker does not answer"
      : "its queue does not answer: has it a leader?";
    const reason = down ?? (isSilent ? silence : (pending.reason ?? "its queue is not ready yet"));
    const message = `Cannot ${outgoing.doing}: no confirm within ${this.#options.confirmTimeoutMs} ms, ${reason}`;
    this.#settle(pending)?.reject(new QueueError("QUEUES_FAILED", message));
    // A silent link that looks well is begun anew. Where others are confirmed a queue is silent, and no new link would help.
    if (isLinkSilent) this.#link.sever("no confirm in time");
  }

  #settle(pending: Pending): Pending | undefined {
    if (!this.#pending.delete(pending)) return undefined;
    pending.deadline[Symbol.dispose]();
    this.#budget.release(pending.outgoing.content.length);
    if (this.#pending.size === 0) this.#idle.wake();
    return pending;
  }

  #lost(reason: string): void {
    if (this.#connection === undefined) return;
    this.#connection = undefined;
    this.#losses++;
    for (const pending of this.#pending) {
      pending.sentOn = undefined;
      pending.reason = reason;
    }
  }

  /** Refuses what is new and waits for what was taken; each has its own deadline. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    if (this.#pending.size > 0) await this.#idle.next();
    this.#connection = undefined;
    await this.#link[Symbol.asyncDispose]();
  }
}

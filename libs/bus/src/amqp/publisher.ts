/**
 * Publishing with a positive outcome: persistent, mandatory, confirmed, and not returned. There is one kind of trouble,
 * whatever its cause (link lost or blocked, a nack, a return, an overdue confirm): the connection is cut, everything
 * without an outcome is handed back in order, and the link starts from nothing. That keeps the order simple.
 */
import { backoffMs, type Clock, type CloudEvent, type Logger, toError } from "@fairlead/core";
import type { ChannelModel, ConfirmChannel } from "amqplib";
import { ConfirmWindow } from "./confirm-window.ts";
import { Link, type LinkOptions, type LinkState } from "./link.ts";
import { toMessage } from "./message.ts";
import { declareDead, declareEvents, type EventTopologyOptions, names } from "./topology.ts";

/** What a caller hands over: the event, and whatever the caller needs to know it again. */
export interface Outgoing {
  readonly event: CloudEvent;
}

export interface PublisherOptions<Item extends Outgoing> extends Omit<LinkOptions, "setup" | "onDown"> {
  readonly topology: EventTopologyOptions;
  readonly windowMessages: number;
  readonly windowBytes: number;
  /** A confirm that takes longer is trouble, in milliseconds. */
  readonly confirmTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Confirmed and not returned, in the order of `send`. */
  readonly onConfirmed: (items: readonly Item[]) => void;
  /** The link can take messages again. */
  readonly onReady: () => void;
  /** What had no positive outcome, in the order of `send`. It may still have arrived: repeating it is safe, losing it is not. */
  readonly onTrouble: (abandoned: readonly Item[], reason: string) => void;
}

/** Why the last attempts went wrong, when they did. */
export interface Trouble {
  readonly reason: string;
  readonly atMs: number;
  /** In a row, without a confirm in between. */
  readonly count: number;
}

export class Publisher<Item extends Outgoing> implements AsyncDisposable {
  readonly #options: PublisherOptions<Item>;
  readonly #link: Link;
  readonly #window: ConfirmWindow<Item>;
  readonly #overdueCheck: NodeJS.Timeout;
  #channel: ConfirmChannel | undefined;
  #trouble: Trouble | undefined;
  #isClosed = false;

  constructor(options: PublisherOptions<Item>) {
    this.#options = options;
    this.#window = new ConfirmWindow(options.windowMessages, options.windowBytes);
    this.#link = new Link({
      ...options,
      setup: (model) => this.#setup(model),
      onDown: (reason) => this.#abandon(reason),
    });
    const intervalMs = Math.max(50, options.confirmTimeoutMs / 4);
    this.#overdueCheck = setInterval(() => this.#checkOverdue(), intervalMs).unref();
  }

  get linkState(): LinkState {
    return this.#link.state;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  get unconfirmedEvents(): number {
    return this.#window.length;
  }

  get unconfirmedBytes(): number {
    return this.#window.bytes;
  }

  /** True when `send` may be called with a message of this size. */
  hasRoom(bytes: number): boolean {
    return this.#channel !== undefined && this.#window.hasRoom(bytes);
  }

  get isReady(): boolean {
    return this.#channel !== undefined;
  }

  async #setup(model: ChannelModel): Promise<void> {
    // After trouble in a row the broker is asked ever more slowly: a full inbox refuses every message anew.
    const count = this.#trouble?.count ?? 0;
    if (count > 1)
      await this.#options.clock.sleep(backoffMs(count - 1, { maxDelayMs: this.#options.reconnectMaxMs }));
    const channel = await model.createConfirmChannel();
    const close = (reason: string) => this.#fail(channel, reason);
    channel.on("error", (error) => close(error.message));
    channel.on("close", () => close("channel closed"));
    // The broker returns an unroutable message and then confirms it: the return has to come first in our books too.
    channel.on("return", (message) => {
      close(`unroutable: ${message.fields.exchange} has no queue for ${message.fields.routingKey}`);
    });
    await declareDead(channel);
    await declareEvents(channel, this.#options.topology);
    this.#channel = channel;
    setImmediate(() => {
      if (this.#channel === channel) this.#options.onReady();
    });
  }

  /** The caller has asked `hasRoom`. The bytes of the event must stay as they are until it is confirmed or handed back. */
  send(item: Item): void {
    const { event } = item;
    const channel = this.#channel;
    if (channel === undefined) throw new TypeError("Cannot send: the link is down; ask hasRoom first");
    const message = toMessage(event);
    const entry = this.#window.add(item, event.data.length, this.#options.clock.monotonicMs());
    channel.publish(names.events, message.routingKey, message.content, message.options, (error: unknown) => {
      if (this.#channel !== channel) return;
      if (error) return this.#fail(channel, `refused by the broker: ${toError(error).message}`);
      const confirmed = this.#window.confirm(entry);
      if (confirmed.length === 0) return;
      this.#trouble = undefined;
      this.#options.onConfirmed(confirmed);
    });
  }

  #checkOverdue(): void {
    const oldest = this.#window.oldestSentAtMs;
    if (this.#channel === undefined || oldest === undefined) return;
    const waitedMs = this.#options.clock.monotonicMs() - oldest;
    if (waitedMs > this.#options.confirmTimeoutMs)
      this.#fail(this.#channel, `no confirm for ${Math.round(waitedMs)} ms`);
  }

  #fail(channel: ConfirmChannel, reason: string): void {
    if (this.#channel !== channel) return;
    this.#abandon(reason);
    this.#link.sever(reason);
  }

  /** Gives up what is unconfirmed, as if the link were lost. */
  abandon(reason: string): void {
    if (this.#channel !== undefined) this.#fail(this.#channel, reason);
  }

  #abandon(reason: string): void {
    this.#channel = undefined;
    if (this.#isClosed) return;
    this.#trouble = { reason, atMs: this.#options.clock.nowMs(), count: (this.#trouble?.count ?? 0) + 1 };
    this.#options.onTrouble(this.#window.abandon(), reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#channel = undefined;
    clearInterval(this.#overdueCheck);
    await this.#link[Symbol.asyncDispose]();
  }
}

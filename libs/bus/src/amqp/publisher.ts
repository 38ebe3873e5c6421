/**
 * Publishing with a positive outcome: persistent, mandatory, confirmed, and not returned. There is one kind of trouble,
 * whatever its cause (link lost or blocked, a nack, a return, an overdue confirm): the connection is cut, everything
 * without an outcome is handed back in order, and the link starts from nothing. That keeps the order simple.
 */
import { Link, type LinkOptions, type LinkState, names, withChannel } from "@fairlead/amqp";
import type { CloudEvent } from "@fairlead/contracts";
import { type Clock, createId, type Logger, toError } from "@fairlead/core";
import type { ChannelModel, ConfirmChannel } from "amqplib";
import { BusError } from "../errors.ts";
import { ConfirmWindow } from "./confirm-window.ts";
import { describeRefusal } from "./describe.ts";
import { markOf } from "./mark.ts";
import { toMessage } from "./message.ts";
import { Pace } from "./pace.ts";
import { declareAll, type EventTopologyOptions, hasQueues } from "./topology.ts";

/** What a caller hands over: the event, and whatever the caller needs to know it again. */
export interface Outgoing {
  readonly event: CloudEvent;
}

export interface PublisherOptions<Item extends Outgoing> extends Omit<LinkOptions, "setup" | "onDown"> {
  readonly topology: EventTopologyOptions;
  /** Time between two looks at the topology on a link that stands, so that what an operator deleted comes back. */
  readonly declareEveryMs: number;
  /** How long a queue that was just made is not published to (`queueSettleMs`). */
  readonly settleMs: number;
  readonly windowMessages: number;
  readonly windowBytes: number;
  /** A confirm that takes this long is trouble, in milliseconds. */
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

/** What went wrong last on a link that stood. */
export interface Trouble {
  readonly reason: string;
  /** The last of them, and the first since which nothing was confirmed. */
  readonly atMs: number;
  readonly sinceMs: number;
  /** In a row, without a time of success in between. */
  readonly count: number;
  /** It left events without an outcome, and nothing was confirmed since. */
  readonly isOpen: boolean;
}

export class Publisher<Item extends Outgoing> implements AsyncDisposable {
  readonly #options: PublisherOptions<Item>;
  readonly #link: Link;
  readonly #window: ConfirmWindow<Item>;
  readonly #timers: readonly NodeJS.Timeout[];
  #model: ChannelModel | undefined;
  #channel: ConfirmChannel | undefined;
  readonly #pace: Pace;
  #trouble: Trouble | undefined;
  #settling: Disposable | undefined;
  #isDeclaring = false;
  #isClosed = false;

  constructor(options: PublisherOptions<Item>) {
    this.#options = options;
    this.#window = new ConfirmWindow(options.windowMessages, options.windowBytes);
    this.#pace = new Pace(options.windowMessages, options.confirmTimeoutMs);
    this.#link = new Link({
      ...options,
      setup: (model) => this.#setup(model),
      // The state of the link says it as long as it lasts.
      onDown: (reason) => this.#abandon(reason, false),
      failures: () => this.#trouble?.count ?? 0,
    });
    this.#timers = [
      setInterval(() => this.#checkOverdue(), this.#checkMs).unref(),
      setInterval(() => void this.#declareAgain(), options.declareEveryMs).unref(),
    ];
  }

  get #checkMs(): number {
    return this.#options.confirmTimeoutMs / 10;
  }

  get linkState(): LinkState {
    return this.#link.state;
  }

  /** What the broker refused last, until it confirms something again. */
  get trouble(): Trouble | undefined {
    return this.#trouble?.isOpen ? this.#trouble : undefined;
  }

  /** True when `send` may be called with a message of this size. */
  hasRoom(bytes: number): boolean {
    return (
      this.#channel !== undefined && this.#window.length < this.#pace.allowed && this.#window.hasRoom(bytes)
    );
  }

  get isReady(): boolean {
    return this.#channel !== undefined;
  }

  async #setup(model: ChannelModel): Promise<void> {
    const channel = await model.createConfirmChannel();
    channel.on("error", (error) => this.#fail(channel, error.message));
    // The broker returns an unroutable message and then confirms it: the return has to come first in our books too.
    channel.on("return", ({ fields }) => {
      const { exchange, routingKey } = fields;
      this.#fail(channel, `unroutable: ${exchange || "the default exchange"} has no queue for ${routingKey}`);
    });
    const { topology, settleMs, clock } = this.#options;
    const hadQueues = await hasQueues(model, topology);
    await declareAll(channel, topology);
    this.#settling = clock.timer(hadQueues ? 0 : settleMs, () => {
      if (this.#isClosed || this.#link.state.status !== "up" || !this.#link.isCurrent(model)) return;
      this.#model = model;
      this.#channel = channel;
      this.#options.onReady();
    });
  }

  /** The caller has asked `hasRoom`. The bytes of the event must stay as they are until it is confirmed or handed back. */
  send(item: Item): void {
    const { event } = item;
    const channel = this.#channel;
    if (channel === undefined) throw new TypeError("Cannot send: the link is down; ask hasRoom first");
    const message = toMessage(event);
    const entry = this.#window.add(item, event.data.length, this.#options.clock.monotonicMs());
    this.#publish(channel, names.events, message.routingKey, message, () => {
      const confirmed = this.#window.confirm(entry);
      if (confirmed.length === 0) return;
      this.#succeeded(confirmed.length, this.#options.clock.monotonicMs() - entry.sentAtMs);
      this.#options.onConfirmed(confirmed);
    });
  }

  #publish(
    channel: ConfirmChannel,
    exchange: string,
    routingKey: string,
    message: Pick<ReturnType<typeof toMessage>, "content" | "options">,
    onConfirmed: () => void,
    onFailed?: (error: Error) => void,
  ): void {
    // Later, so that the loss of the link, which fails every callback too, is told by the link with its reason.
    const fail = (error: unknown) => {
      const reason = describeRefusal(toError(error), this.#options.topology);
      onFailed?.(new BusError("BUS_FAILED", `Cannot publish: ${reason}`));
      setImmediate(() => this.#fail(channel, `refused by the broker: ${reason}`));
    };
    try {
      channel.publish(exchange, routingKey, message.content, message.options, (error: unknown) => {
        if (error) fail(error);
        else if (onFailed !== undefined || this.#channel === channel) onConfirmed();
      });
    } catch (error) {
      fail(error);
    }
  }

  #succeeded(count: number, tookMs: number): void {
    const { reconnectMaxMs, clock } = this.#options;
    this.#pace.confirmed(count, tookMs);
    if (this.#trouble === undefined) return;
    const isLongAgo = clock.nowMs() - this.#trouble.atMs > reconnectMaxMs;
    if (this.#pace.isFull || isLongAgo) this.#trouble = undefined;
    else if (this.#trouble.isOpen) this.#trouble = { ...this.#trouble, isOpen: false };
  }

  /**
   * Puts a mark into the log stream, behind everything that was handed to `send` before. Resolves with its message id when
   * it stands in the log.
   * @throws {BusError} BUS_FAILED (as a rejection) when the link is down, or was lost before the answer
   */
  sendMark(): Promise<string> {
    const id = createId();
    const channel = this.#channel;
    if (channel === undefined)
      return Promise.reject(new BusError("BUS_FAILED", "Cannot mark the log: the broker is away"));
    const message = { content: Buffer.alloc(0), options: markOf(id) };
    return new Promise((resolve, reject) =>
      this.#publish(channel, "", names.log, message, () => resolve(id), reject),
    );
  }

  #checkOverdue(): void {
    const oldest = this.#window.oldestSentAtMs;
    if (this.#channel === undefined || oldest === undefined) return;
    const waitedMs = this.#options.clock.monotonicMs() - oldest;
    // Not later than the limit, though only looked at now and then.
    if (waitedMs > this.#options.confirmTimeoutMs - this.#checkMs)
      this.#fail(this.#channel, `no confirm for ${Math.round(waitedMs)} ms`);
  }

  /** On a channel of its own: an error there does not hurt what is under way. */
  async #declareAgain(): Promise<void> {
    const [model, channel] = [this.#model, this.#channel];
    if (model === undefined || channel === undefined || this.#isDeclaring) return;
    this.#isDeclaring = true;
    try {
      if (!(await hasQueues(model, this.#options.topology))) throw new Error("a queue is missing");
      await withChannel(model, (side) => declareAll(side, this.#options.topology));
    } catch (error) {
      this.#fail(channel, toError(error).message);
    } finally {
      this.#isDeclaring = false;
    }
  }

  #fail(channel: ConfirmChannel, reason: string): void {
    if (this.#channel !== channel) return;
    this.#abandon(reason, true);
    this.#link.sever(reason);
  }

  /** Gives up what is unconfirmed, as if the link were lost. */
  abandon(reason: string): void {
    if (this.#channel !== undefined) this.#fail(this.#channel, reason);
  }

  #abandon(reason: string, isOpen: boolean): void {
    const wasReady = this.#channel !== undefined;
    this.#model = undefined;
    this.#channel = undefined;
    if (this.#isClosed || !wasReady) return;
    this.#pace.restart();
    const abandoned = this.#window.abandon();
    const count = (this.#trouble?.count ?? 0) + 1;
    const atMs = this.#options.clock.nowMs();
    const sinceMs = this.trouble?.sinceMs ?? atMs;
    this.#trouble = { reason, atMs, sinceMs, count, isOpen: isOpen && abandoned.length > 0 };
    this.#options.onTrouble(abandoned, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#channel = undefined;
    for (const timer of this.#timers) clearInterval(timer);
    this.#settling?.[Symbol.dispose]();
    await this.#link[Symbol.asyncDispose]();
  }
}

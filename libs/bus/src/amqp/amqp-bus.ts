/** The bus on RabbitMQ, with the spool in front of it. */
import {
  type BrokerOptions,
  ConsumerLink,
  queueSettleMs,
  withConnection,
  withLinkDefaults,
} from "@fairlead/amqp";
import type { CloudEvent } from "@fairlead/contracts";
import { type Clock, systemClock } from "@fairlead/core";
import type { Bus, BusHealth, LoggedEvent, TailOptions } from "../bus.ts";
import { BusError } from "../errors.ts";
import type { Backlog } from "../spool/empty.ts";
import { openSpool, type SpoolOptions } from "../spool/open-spool.ts";
import { SpooledPublisher, type SpoolItem, type SpoolMode } from "../spool/spooled-publisher.ts";
import { findOldest, type SpoolStore } from "../spool/store.ts";
import { describeBacklog, describeBroker } from "./describe.ts";
import { putMark } from "./mark.ts";
import { messageRefusal } from "./message.ts";
import { Publisher } from "./publisher.ts";
import { tailStream } from "./stream-tail.ts";
import type { EventTopologyOptions } from "./topology.ts";

export interface AmqpBusOptions extends BrokerOptions {
  /** Takes events while the broker does not. */
  readonly spool: SpoolOptions;
  readonly topology: EventTopologyOptions;
  /** How often the topology is declared again on a link that stands. Default 10,000 ms. */
  readonly declareEveryMs?: number;
  /** How long a queue that was just made is not published to. Default: `queueSettleMs`. */
  readonly settleMs?: number;
  /** Unconfirmed at most. Default 1,024 messages and 32 MiB. */
  readonly windowMessages?: number;
  readonly windowBytes?: number;
  /** A larger event gets EVENT_TOO_LARGE. Default 16 MiB, the least that every supported broker takes (4.x: max_message_size). */
  readonly maxEventBytes?: number;
  /** Waiting to be durable at most, over all callers; more get BUS_OVERLOADED. Default 100,000 events and 64 MiB. */
  readonly maxPendingEvents?: number;
  readonly maxPendingBytes?: number;
  /** A confirm that takes longer hands over to the spool. Default 5,000 ms. */
  readonly confirmTimeoutMs?: number;
  readonly clock?: Clock;
}

export class AmqpBus implements Bus {
  readonly #options: AmqpBusOptions;
  readonly #store: SpoolStore;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #confirmTimeoutMs: number;
  readonly #link;
  readonly #publisher: Publisher<SpoolItem>;
  readonly #spooled: SpooledPublisher;
  readonly #closed = new AbortController();
  #reader: ConsumerLink | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: AmqpBusOptions, store: SpoolStore, backlog: Backlog) {
    const { logger, topology, clock = systemClock, confirmTimeoutMs = 5_000 } = options;
    this.#options = options;
    this.#store = store;
    this.#host = new URL(options.url).host;
    this.#clock = clock;
    this.#confirmTimeoutMs = confirmTimeoutMs;
    this.#link = withLinkDefaults(options);
    this.#publisher = new Publisher<SpoolItem>({
      ...this.#link,
      name: `${options.name} publish`,
      topology,
      declareEveryMs: options.declareEveryMs ?? 10_000,
      settleMs: options.settleMs ?? queueSettleMs,
      windowMessages: options.windowMessages ?? 1_024,
      windowBytes: options.windowBytes ?? 32 << 20,
      confirmTimeoutMs,
      clock,
      onConfirmed: (items) => this.#spooled.confirmed(items),
      onReady: () => this.#spooled.ready(),
      onTrouble: (abandoned, reason) => {
        logger.warn({ events: abandoned.length, reason }, "publishing goes to the spool");
        this.#spooled.trouble(abandoned);
      },
    });
    this.#spooled = new SpooledPublisher(
      {
        store,
        maxPendingEvents: options.maxPendingEvents ?? 100_000,
        maxPendingBytes: options.maxPendingBytes ?? 64 << 20,
        maxBytesPerSecond: options.spool.maxBytesPerSecond,
        clock,
      },
      this.#publisher,
      backlog,
    );
  }

  /** Use openAmqpBus. */
  static async open(options: AmqpBusOptions): Promise<AmqpBus> {
    const { clock, logger } = options;
    await using opened = new AsyncDisposableStack();
    const store = opened.use(
      await openSpool(options.spool, {
        logger: logger.child({ part: "spool" }),
        ...(clock ? { clock } : {}),
      }),
    );
    const bus = new AmqpBus(options, store, await findBacklog(store));
    // The bus owns the spool from here.
    opened.move();
    return bus;
  }

  publish(event: CloudEvent): Promise<void> {
    const limit = this.#options.maxEventBytes ?? 16 << 20;
    const { byteLength } = event.data;
    const refusal =
      byteLength > limit
        ? `its data has ${byteLength} bytes and the limit is ${limit}`
        : messageRefusal(event);
    if (refusal === undefined) return this.#spooled.publish(event);
    const type = event.type.slice(0, 80);
    return Promise.reject(
      new BusError("EVENT_TOO_LARGE", `Cannot publish an event of type ${type}: ${refusal}`),
    );
  }

  /**
   * Reads the log stream. An event that still waits in the spool comes when RabbitMQ has taken the event, so also behind an end that was
   * asked for before. While the broker is away a tail waits.
   */
  tail(options: TailOptions): AsyncIterable<LoggedEvent> {
    if (this.#closing) throw new BusError("BUS_CLOSED", "Cannot read the log: the bus is closed");
    this.#reader ??= new ConsumerLink({ ...this.#link, name: `${this.#options.name} read` });
    const reader = this.#reader;
    const needsMark = options.after === "end" || options.follow === false;
    const mark = needsMark ? this.#publisher.sendMark() : undefined;
    const { url, name } = this.#options;
    const timeoutMs = this.#confirmTimeoutMs;
    // The mark may fail before anybody iterates; then the tail sends another.
    mark?.catch(() => {});
    return tailStream(options, mark, {
      connected: (signal) => reader.connected(signal),
      sendMark: (signal) => withConnection(url, { name: `${name} mark`, timeoutMs, signal }, putMark),
      onInterrupted: (error) =>
        this.#options.logger.debug({ err: error }, "a tail was interrupted and goes on"),
      markTimeoutMs: timeoutMs,
      clock: this.#clock,
      closed: this.#closed.signal,
    });
  }

  /** Where events go now: "direct" to the broker, to the "spool", or waiting for its end ("handover"). */
  get mode(): SpoolMode {
    return this.#spooled.mode;
  }

  /** Why the broker takes nothing now, in sentences for an operator. */
  get brokerProblems(): readonly string[] {
    return describeBroker(this.#host, this.#publisher);
  }

  health(): BusHealth {
    const stored = this.#store.health();
    const { events, bytes } = this.#spooled.pending;
    const { backlog } = this.#spooled;
    const problems = [
      ...this.brokerProblems,
      ...describeBacklog(backlog),
      ...stored.problems.map((problem) => `Spool: ${problem}`),
    ];
    if (this.#closing) problems.push("The bus is closed");
    const { storedBytes, maxStoredBytes, damagedEvents } = stored;
    return {
      canAccept: !this.#closing && (this.#spooled.mode !== "spool" || stored.canAccept),
      isDegraded: problems.length > 0,
      problems,
      pendingEvents: events,
      pendingBytes: bytes,
      spooledEvents: backlog.events,
      isDirect: this.#spooled.mode === "direct",
      ...(storedBytes === undefined ? {} : { storedBytes }),
      ...(maxStoredBytes === undefined ? {} : { maxStoredBytes }),
      ...(damagedEvents === undefined ? {} : { damagedEvents }),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#spooled.close(this.#confirmTimeoutMs, () => this.#publisher.abandon("closing"));
    this.#closed.abort();
    await Promise.all([this.#publisher[Symbol.asyncDispose](), this.#reader?.[Symbol.asyncDispose]()]);
    await this.#spooled[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }
}

async function findBacklog(store: SpoolStore): Promise<Backlog> {
  const oldest = await findOldest(store);
  if (oldest === undefined) return { confirmedThrough: store.lastOffset, sinceMs: undefined };
  return { confirmedThrough: oldest.offset - 1, sinceMs: Date.parse(oldest.event.time) };
}

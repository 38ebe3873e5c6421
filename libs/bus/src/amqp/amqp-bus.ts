/** The bus on RabbitMQ, with the spool in front of it. */
import { type Clock, type CloudEvent, type Logger, systemClock } from "@fairlead/core";
import type { ChannelModel } from "amqplib";
import type { Bus, BusHealth, LoggedEvent, TailOptions } from "../bus.ts";
import { BusError } from "../errors.ts";
import { SpooledPublisher, type SpoolItem } from "../spool/spooled-publisher.ts";
import type { SpoolStore } from "../spool/store.ts";
import { describeBroker } from "./describe.ts";
import { Link } from "./link.ts";
import { Publisher } from "./publisher.ts";
import { tailStream } from "./stream-tail.ts";
import { declareEvents, type EventTopologyOptions } from "./topology.ts";

export interface AmqpBusOptions {
  /** amqp:// or amqps://, with user and password. */
  readonly url: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** Takes events while the broker does not; the bus owns it from here. */
  readonly store: SpoolStore;
  readonly topology: EventTopologyOptions;
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
  readonly heartbeatSeconds?: number;
  readonly connectTimeoutMs?: number;
  readonly reconnectMinMs?: number;
  readonly reconnectMaxMs?: number;
  /** Bytes per second that the drain of the spool sends at most; default: as fast as the broker confirms. */
  readonly drainBytesPerSecond?: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

export class AmqpBus implements Bus {
  readonly #options: AmqpBusOptions;
  readonly #publisher: Publisher<SpoolItem>;
  readonly #spooled: SpooledPublisher;
  readonly #closed = new AbortController();
  readonly #link: ConstructorParameters<typeof Link>[0];
  #reader: ReaderConnection | undefined;
  #closing: Promise<void> | undefined;

  /** Use openAmqpBus. */
  constructor(options: AmqpBusOptions, backlog: ConstructorParameters<typeof SpooledPublisher>[2]) {
    const { logger, clock = systemClock, topology } = options;
    this.#options = options;
    this.#link = {
      url: options.url,
      name: options.name,
      heartbeatSeconds: options.heartbeatSeconds ?? 10,
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      reconnectMinMs: options.reconnectMinMs ?? 100,
      reconnectMaxMs: options.reconnectMaxMs ?? 5_000,
      logger,
      setup: async () => {},
      onDown: () => {},
    };
    this.#publisher = new Publisher<SpoolItem>({
      ...this.#link,
      name: `${options.name} publish`,
      topology,
      windowMessages: options.windowMessages ?? 1_024,
      windowBytes: options.windowBytes ?? 32 << 20,
      confirmTimeoutMs: options.confirmTimeoutMs ?? 5_000,
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
        store: options.store,
        maxPendingEvents: options.maxPendingEvents ?? 100_000,
        maxPendingBytes: options.maxPendingBytes ?? 64 << 20,
        drainBytesPerSecond: options.drainBytesPerSecond,
        clock,
      },
      this.#publisher,
      backlog,
    );
  }

  publish(event: CloudEvent): Promise<void> {
    const limit = this.#options.maxEventBytes ?? 16 << 20;
    if (event.data.byteLength > limit) {
      const state = `its data has ${event.data.byteLength} bytes and the limit is ${limit}`;
      return Promise.reject(
        new BusError("EVENT_TOO_LARGE", `Cannot publish an event of type ${event.type}: ${state}`),
      );
    }
    return this.#spooled.publish(event);
  }

  /** What the log stream has; an event that still waits in the spool comes when it has been drained. */
  tail(options: TailOptions): AsyncIterable<LoggedEvent> {
    if (this.#closing) throw new BusError("BUS_CLOSED", "Cannot read the log: the bus is closed");
    this.#reader ??= new ReaderConnection(this.#link, this.#options);
    const reader = this.#reader;
    return tailStream(options, {
      connected: (signal) => reader.connected(signal),
      onInterrupted: (error) =>
        this.#options.logger.debug({ err: error }, "a tail was interrupted and goes on"),
      closed: this.#closed.signal,
    });
  }

  health(): BusHealth {
    const { store } = this.#options;
    const stored = store.health();
    const { events, bytes } = this.#spooled.pending;
    const problems = [
      ...describeBroker(this.#options.url, this.#publisher.linkState, this.#publisher.trouble),
      ...describeBacklog(this.#spooled),
      ...stored.problems.map((problem) => `Spool: ${problem}`),
    ];
    if (this.#closing) problems.push("The bus is closed");
    const { storedBytes, maxStoredBytes, damagedEvents } = stored;
    return {
      canAccept: !this.#closing && (this.#publisher.isReady || stored.canAccept),
      isDegraded: problems.length > 0,
      problems,
      pendingEvents: events,
      pendingBytes: bytes,
      spooledEvents: this.#spooled.backlog.events,
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
    const patienceMs = this.#options.confirmTimeoutMs ?? 5_000;
    await this.#spooled.close(patienceMs, () => this.#publisher.abandon("closing"));
    this.#closed.abort();
    await this.#publisher[Symbol.asyncDispose]();
    await this.#reader?.[Symbol.asyncDispose]();
    await this.#spooled[Symbol.asyncDispose]();
    await this.#options.store[Symbol.asyncDispose]();
  }
}

function describeBacklog({ backlog }: SpooledPublisher): string[] {
  const { events, sinceMs } = backlog;
  if (events === 0) return [];
  const since = sinceMs === undefined ? "" : ` since ${new Date(sinceMs).toISOString()}`;
  return [`${events} events wait in the spool${since} for RabbitMQ to take them`];
}

/** The connection that tails read from: apart from publishing, because a blocked connection reads nothing either. */
class ReaderConnection implements AsyncDisposable {
  readonly #link: Link;
  #model: ChannelModel | undefined;
  readonly #waiting = new Set<(model: ChannelModel) => void>();

  constructor(link: ConstructorParameters<typeof Link>[0], options: AmqpBusOptions) {
    this.#link = new Link({
      ...link,
      name: `${options.name} read`,
      setup: async (model) => {
        const channel = await model.createChannel();
        channel.on("error", () => {});
        await declareEvents(channel, { ...options.topology, inbox: [] });
        await channel.close();
        this.#model = model;
        for (const resume of this.#waiting) resume(model);
        this.#waiting.clear();
      },
      onDown: () => {
        this.#model = undefined;
      },
    });
  }

  connected(signal: AbortSignal): Promise<ChannelModel> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#model !== undefined) return resolve(this.#model);
      const resume = (model: ChannelModel) => {
        signal.removeEventListener("abort", abort);
        resolve(model);
      };
      const abort = () => {
        this.#waiting.delete(resume);
        reject(signal.reason);
      };
      this.#waiting.add(resume);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }
}

/** Opens the bus. It accepts at once, whether the broker is there or not. */
export async function openAmqpBus(options: AmqpBusOptions): Promise<AmqpBus> {
  for await (const { offset, event } of options.store.tail({ after: 0, follow: false })) {
    return new AmqpBus(options, { drainedThrough: offset - 1, sinceMs: Date.parse(event.time) });
  }
  return new AmqpBus(options, { drainedThrough: options.store.health().lastOffset ?? 0, sinceMs: undefined });
}

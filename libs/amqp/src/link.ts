/**
 * One supervised connection to the broker. amqplib's recovery dials again and again. `setup` rebuilds everything that stood on the
 * connection (channels, consumers, unconfirmed messages), each time from nothing.
 *
 * amqplib 2.3.1 leaves some things open. During its `setup` nobody listens to `error`, which would end the process. A `close` during
 * `setup` goes unseen, also one that came in the same bytes as the end of the handshake. The polite close of a frozen broker is waited for
 * without end, also before the next dial. A connection that was given up keeps its socket until the other side closes. So every
 * connection here ends with its socket destroyed.
 */
import { backoffMs, type Logger, toError, within } from "@fairlead/core";
import { type ChannelModel, connect, type RecoveringChannelModel } from "amqplib";
import { type Broker, connectFailure, parseBroker } from "./broker.ts";
import { AmqpError } from "./errors.ts";
import { socketOptions } from "./with-channel.ts";

/** Which broker, and how long to wait for it. */
export interface BrokerOptions {
  /** amqp:// or amqps://, with user and password. */
  readonly url: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** A connection that is silent for two of them is given up. Default 10. */
  readonly heartbeatSeconds?: number;
  /** For the dial, and again for `setup`. Default 5,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Bounds of the delay between attempts to connect. Default 100 and 5,000 ms. */
  readonly reconnectMinMs?: number;
  readonly reconnectMaxMs?: number;
  readonly logger: Logger;
}

/** The options of a link, with their defaults. */
export const withLinkDefaults = (options: BrokerOptions): Required<BrokerOptions> => ({
  url: options.url,
  name: options.name,
  heartbeatSeconds: options.heartbeatSeconds ?? 10,
  connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
  reconnectMinMs: options.reconnectMinMs ?? 100,
  reconnectMaxMs: options.reconnectMaxMs ?? 5_000,
  logger: options.logger,
});

export interface LinkOptions extends Required<BrokerOptions> {
  /** Builds what stands on the connection; when it throws the connection is given up and tried again. */
  readonly setup: (model: ChannelModel, broker: Broker) => Promise<void>;
  /** Everything that stood on the connection is gone. */
  readonly onDown: (reason: string) => void;
  /** Failures of what stands on the connection, in a row: the next dial waits longer. Default 0. */
  readonly failures?: () => number;
}

export type LinkState =
  | { readonly status: "up"; readonly broker: Broker; readonly sinceMs: number }
  | { readonly status: "blocked"; readonly broker: Broker; readonly sinceMs: number; readonly reason: string }
  | { readonly status: "down"; readonly sinceMs: number; readonly reason: string };

/** amqplib has the socket and does not name it in its types. */
interface WithStream {
  readonly connection: { readonly stream: { readonly writable: boolean; destroy(error: Error): void } };
}

const streamOf = (model: ChannelModel) => (model as ChannelModel & WithStream).connection.stream;
const destroy = (model: ChannelModel, reason: string) => streamOf(model).destroy(new Error(reason));

export class Link implements AsyncDisposable {
  readonly #options: LinkOptions;
  readonly #closed = new AbortController();
  readonly #connection: Promise<RecoveringChannelModel>;
  #state: LinkState;
  #model: ChannelModel | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#state = { status: "down", sinceMs: Date.now(), reason: "not connected yet" };
    this.#connection = this.#open();
  }

  get state(): LinkState {
    return this.#state;
  }

  async #open(): Promise<RecoveringChannelModel> {
    const { url, name, heartbeatSeconds, connectTimeoutMs, reconnectMinMs, reconnectMaxMs } = this.#options;
    const target = new URL(url);
    if (!target.searchParams.has("heartbeat")) target.searchParams.set("heartbeat", String(heartbeatSeconds));
    const delays = { minDelayMs: reconnectMinMs, maxDelayMs: reconnectMaxMs };
    const connection = await connect(target.href, {
      ...socketOptions(name, connectTimeoutMs, this.#closed.signal),
      recovery: {
        calculateDelay: (attempt: number) =>
          backoffMs(attempt + Math.max(0, (this.#options.failures?.() ?? 0) - 1), delays),
        waitForConnect: false,
        setup: (model: ChannelModel) => this.#setup(model),
      },
    });
    // Without a listener an `error` would end the process; the `disconnect` that follows it is what counts.
    connection.on("error", (error) =>
      this.#options.logger.debug({ err: error, link: name }, "amqp connection error"),
    );
    connection.on("connect-failed", (error) => this.#down(connectFailure(url, error)));
    connection.on("disconnect", (error) => this.#down(error.message));
    return connection;
  }

  async #setup(model: ChannelModel): Promise<void> {
    const closed = Promise.withResolvers<never>();
    closed.promise.catch(() => {});
    let closedBecause: string | undefined;
    model.on("error", () => {});
    model.on("close", (error?: Error) => {
      closedBecause = error?.message ?? "closed";
      destroy(model, closedBecause);
      closed.reject(this.#failed(closedBecause));
      if (this.#model === model) this.#down(closedBecause);
    });
    model.on("blocked", (reason) => this.#blocked(model, reason));
    // The block gave up everything unconfirmed: a new connection starts over.
    model.on("unblocked", () => destroy(model, "unblocked: starting over"));
    const { connectTimeoutMs } = this.#options;
    const patience = setTimeout(
      () => destroy(model, `no answer for ${connectTimeoutMs} ms`),
      connectTimeoutMs,
    );
    this.#model = model;
    try {
      const broker = parseBroker(model.connection.serverProperties);
      await Promise.race([this.#options.setup(model, broker), closed.promise]);
      if (!streamOf(model).writable) throw this.#failed(closedBecause ?? "it was closed while it opened");
      this.#up(broker);
    } catch (error) {
      if (this.#model === model) this.#down(toError(error).message);
      // A destroyed socket makes amqplib's polite close fail at once, in the same turn of the loop.
      destroy(model, "setup failed");
      await new Promise(setImmediate);
      throw error;
    } finally {
      clearTimeout(patience);
    }
  }

  #failed(reason: string): AmqpError {
    return new AmqpError(`Cannot use the connection: ${reason}`);
  }

  #up(broker: Broker): void {
    // The broker blocked during setup already.
    if (this.#state.status === "blocked") return;
    this.#state = { status: "up", broker, sinceMs: Date.now() };
    const { name, logger } = this.#options;
    logger.info({ link: name, broker: broker.version }, "connected to the broker");
  }

  #blocked(model: ChannelModel, reason: string): void {
    if (this.#model !== model || this.#closed.signal.aborted) return;
    const broker = parseBroker(model.connection.serverProperties);
    this.#state = { status: "blocked", broker, sinceMs: Date.now(), reason };
    this.#options.logger.warn({ link: this.#options.name, reason }, "the broker blocks publishing");
    this.#options.onDown(`blocked: ${reason}`);
  }

  #down(reason: string): void {
    const hadModel = this.#model !== undefined;
    this.#model = undefined;
    const before = this.#state;
    const sinceMs = before.status === "down" ? before.sinceMs : Date.now();
    this.#state = { status: "down", sinceMs, reason };
    if (this.#closed.signal.aborted) return;
    const { name, logger, onDown } = this.#options;
    if (before.status !== "down") logger.warn({ link: name, reason }, "lost the broker");
    else if (before.reason !== reason) logger.warn({ link: name, reason }, "cannot use the broker");
    if (hadModel) onDown(reason);
  }

  /** True while `model` is the connection that stands. */
  isCurrent(model: ChannelModel): boolean {
    return this.#model === model;
  }

  /** Cuts the current connection at once, without the polite exchange that a frozen broker would never answer. */
  sever(reason: string): void {
    if (this.#model !== undefined) destroy(this.#model, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = await this.#connection;
    const closing = connection.close().catch(() => {});
    await within(1_000, closing, () => {});
    this.#closed.abort();
  }
}

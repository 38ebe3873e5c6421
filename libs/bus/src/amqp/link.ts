/**
 * One supervised connection to the broker. amqplib's recovery brings back the connection; everything that stood on it
 * (channels, consumers, unconfirmed messages) is rebuilt by `setup`, each time from nothing.
 */
import { type Logger, toError } from "@fairlead/core";
import { type ChannelModel, connect, type RecoveringChannelModel } from "amqplib";
import { BusError } from "../errors.ts";
import { type Broker, parseBroker } from "./broker.ts";

export interface LinkOptions {
  /** amqp:// or amqps:// */
  readonly url: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  readonly heartbeatSeconds: number;
  readonly connectTimeoutMs: number;
  /** Bounds of the delay between attempts to connect. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  readonly logger: Logger;
  /** Builds what stands on the connection; when it throws the connection is given up and tried again. */
  readonly setup: (model: ChannelModel, broker: Broker) => Promise<void>;
  /** Everything that stood on the connection is gone. */
  readonly onDown: (reason: string) => void;
}

export type LinkState =
  | { readonly status: "up"; readonly broker: Broker; readonly sinceMs: number }
  | { readonly status: "blocked"; readonly broker: Broker; readonly sinceMs: number; readonly reason: string }
  | { readonly status: "down"; readonly sinceMs: number; readonly reason: string };

/** What amqplib keeps inside and does not name in its types. */
interface WithStream {
  readonly connection: { readonly stream?: { destroy(error: Error): void } };
}

export class Link implements AsyncDisposable {
  readonly #options: LinkOptions;
  #state: LinkState;
  #connection: RecoveringChannelModel | undefined;
  #model: ChannelModel | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#state = { status: "down", sinceMs: Date.now(), reason: "not connected yet" };
    void this.#open();
  }

  get state(): LinkState {
    return this.#state;
  }

  async #open(): Promise<void> {
    const { url, name, heartbeatSeconds, connectTimeoutMs, reconnectMinMs, reconnectMaxMs } = this.#options;
    const target = new URL(url);
    if (!target.searchParams.has("heartbeat")) target.searchParams.set("heartbeat", String(heartbeatSeconds));
    const connection = await connect(target.href, {
      noDelay: true,
      keepAlive: true,
      timeout: connectTimeoutMs,
      clientProperties: { connection_name: name, product: "Fairlead" },
      recovery: {
        initialDelay: reconnectMinMs,
        maxDelay: reconnectMaxMs,
        waitForConnect: false,
        setup: (model: ChannelModel) => this.#setup(model),
      },
    });
    this.#connection = connection;
    // Without a listener an `error` would end the process; the `disconnect` that follows it is what counts.
    connection.on("error", (error) =>
      this.#options.logger.debug({ err: error, link: name }, "amqp connection error"),
    );
    connection.on("connect-failed", (error) => this.#down(error.message));
    connection.on("disconnect", (error) => this.#down(error.message));
    if (this.#isClosed) await connection.close();
  }

  /** The two holes of amqplib's setup (contracts.md): no `error` listener is attached yet, and a close goes unseen. */
  async #setup(model: ChannelModel): Promise<void> {
    let closedBecause: string | undefined;
    model.on("error", () => {});
    model.on("close", (error?: Error) => {
      closedBecause = error?.message ?? "closed";
      if (this.#model === model) this.#down(closedBecause);
    });
    model.on("blocked", (reason) => this.#blocked(model, reason));
    model.on("unblocked", () => this.#unblocked(model));
    const broker = parseBroker(model.connection.serverProperties);
    this.#model = model;
    try {
      await this.#options.setup(model, broker);
    } catch (error) {
      this.#model = undefined;
      throw error;
    }
    if (closedBecause !== undefined)
      throw new BusError("BUS_FAILED", `Cannot use the connection: ${closedBecause}`);
    if (this.#state.status === "down") {
      this.#state = { status: "up", broker, sinceMs: Date.now() };
      this.#options.logger.info(
        { link: this.#options.name, broker: broker.version },
        "connected to the broker",
      );
    }
  }

  #blocked(model: ChannelModel, reason: string): void {
    if (this.#model !== model || this.#isClosed) return;
    const broker = parseBroker(model.connection.serverProperties);
    this.#state = { status: "blocked", broker, sinceMs: Date.now(), reason };
    this.#options.logger.warn({ link: this.#options.name, reason }, "the broker blocks publishing");
    this.#options.onDown(`blocked: ${reason}`);
  }

  /** What was unconfirmed when the block came has been given up, so start over on a new connection. */
  #unblocked(model: ChannelModel): void {
    if (this.#model === model) this.sever("unblocked: starting over");
  }

  #down(reason: string): void {
    const wasUp = this.#model !== undefined;
    this.#model = undefined;
    if (this.#state.status !== "down") this.#state = { status: "down", sinceMs: Date.now(), reason };
    else this.#state = { ...this.#state, reason };
    if (this.#isClosed) return;
    if (wasUp) this.#options.logger.warn({ link: this.#options.name, reason }, "lost the broker");
    if (wasUp) this.#options.onDown(reason);
  }

  /** Cuts the current connection at once, without the polite exchange that a frozen broker would never answer. */
  sever(reason: string): void {
    const model = this.#model as (ChannelModel & WithStream) | undefined;
    model?.connection.stream?.destroy(new Error(reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const connection = this.#connection;
    if (connection === undefined) return;
    const closing = connection.close().catch((error: unknown) => toError(error));
    // A frozen broker never answers the close.
    const patience = setTimeout(() => this.sever("closing"), 1_000);
    await closing;
    clearTimeout(patience);
  }
}

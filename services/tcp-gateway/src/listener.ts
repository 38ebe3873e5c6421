import type { Bus } from "@fairlead/bus";
import type { TcpConnection } from "@fairlead/contracts";
import type { Clock, Logger } from "@fairlead/core";
import type { Endpoint } from "@fairlead/engine";
import {
  type Connection,
  createCodec,
  type ListenOptions,
  listenTcp,
  listenUnix,
  type StreamListener,
} from "@fairlead/socket";
import { BusWatch } from "./bus-watch.ts";
import { toCodecOptions } from "./codec-config.ts";
import type { ListenerConfig } from "./config.ts";
import type { CountersSnapshot } from "./counters.ts";
import type { Credit } from "./credit.ts";
import { EchoSession } from "./echo-session.ts";
import { ListenerEvents } from "./events.ts";
import { type IngestListener, IngestSession } from "./ingest-session.ts";
import { Lifecycle } from "./lifecycle.ts";
import { listenOptions } from "./listen-options.ts";
import { containerOf, createRecordEvents } from "./record-events.ts";
import { drainEnding, operatorEnding, type Session } from "./session.ts";

/** What the listeners of one process share. */
export interface ListenerParts {
  readonly instance: string;
  readonly bus: Bus;
  readonly credit: Credit;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Other processes listen on the same port. */
  readonly sharesPort: boolean;
}

/** One listener of this process with its connections. */
export class Listener implements AsyncDisposable {
  readonly config: ListenerConfig;
  readonly #parts: ListenerParts;
  readonly #events: ListenerEvents;
  readonly #lifecycle: Lifecycle;
  readonly #createSession: (connection: Connection) => Session;
  readonly #sessions = new Map<string, Session>();
  readonly #givingUp = new AbortController();
  #socket: StreamListener | undefined;
  #isDraining = false;

  private constructor(config: ListenerConfig, parts: ListenerParts) {
    const { instance, bus, logger, clock } = parts;
    const { name: listener } = config;
    const source = `/tcp-gateway/${instance}/${listener}`;
    const events = new ListenerEvents(listener, logger, clock);
    const publishes = config.lifecycleEvents;
    this.config = config;
    this.#parts = parts;
    this.#events = events;
    this.#lifecycle = new Lifecycle({ listener, instance, source, bus, events, clock, publishes });
    this.#createSession = createSessions(config, parts, {
      events,
      source,
      givingUp: this.#givingUp.signal,
      onDone: (session) => this.#onDone(session),
    });
  }

  /** @throws {SocketError} ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, PERMISSION_DENIED */
  static async open(config: ListenerConfig, parts: ListenerParts): Promise<Listener> {
    const listener = new Listener(config, parts);
    listener.#socket = await listener.#listen();
    return listener;
  }

  get endpoint(): Endpoint {
    const { family, host, port } = this.#socket!.address;
    const example = family === "unix" ? undefined : tryWith(this.config);
    return {
      scheme: family === "unix" ? "unix" : "tcp",
      host,
      port,
      description: describe(this.config),
      ...(example !== undefined && { tryWith: example }),
    };
  }

  get connections(): TcpConnection[] {
    return Array.from(this.#sessions.values(), (session) => this.#describe(session));
  }

  find(id: string): TcpConnection | undefined {
    const session = this.#sessions.get(id);
    return session && this.#describe(session);
  }

  snapshot(): CountersSnapshot {
    return this.#events.counters.snapshot(this.config.name, this.#sessions.size);
  }

  /** Ends a connection with ERR CLOSED; false when it is not here. */
  close(id: string): boolean {
    const session = this.#sessions.get(id);
    session?.stop(operatorEnding);
    return session !== undefined;
  }

  /**
   * Takes no more connections and bytes, makes durable and acknowledges what was taken, says ERR DRAINING, ends every
   * connection. What is left when the signal fires is cut, and what the bus has not taken by then is given up.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.#isDraining = true;
    const giveUp = () => this.#givingUp.abort();
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    const over = this.#socket!.drain(signal);
    for (const session of this.#sessions.values()) session.stop(drainEnding);
    await over;
    await Promise.race([this.#lifecycle.settled(), aborted(signal)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#givingUp.abort();
    await this.#socket?.[Symbol.asyncDispose]();
  }

  #listen(): Promise<StreamListener> {
    const { config } = this;
    const options = { ...listenOptions(config), ...this.#handlers() };
    if (config.path !== undefined) return listenUnix({ ...options, path: config.path });
    return listenTcp({
      ...options,
      host: config.host,
      port: config.port ?? 0,
      reusePort: this.#parts.sharesPort,
    });
  }

  #handlers(): Pick<ListenOptions, "onConnection" | "onRefused" | "onError" | "clock"> {
    return {
      onConnection: (connection) => this.#serve(connection),
      onRefused: (remote, reason) => this.#events.refused(remote, reason),
      onError: (error) => this.#events.failed(error),
      clock: this.#parts.clock,
    };
  }

  #serve(connection: Connection): Promise<void> {
    const session = this.#createSession(connection);
    this.#sessions.set(connection.id, session);
    this.#lifecycle.opened(connection);
    if (this.#isDraining) session.stop(drainEnding);
    return session.run();
  }

  /** The socket's listener ends the connection now; it is ours until it is over. */
  #onDone(session: Session): void {
    this.#lifecycle.closing(session);
    void session.connection.closed.then(() => this.#sessions.delete(session.connection.id));
  }

  #describe({ connection, records }: Session): TcpConnection {
    const { id, remote, local, openedAtMs, bytesReceived, bytesSent } = connection;
    const { instance } = this.#parts;
    const openedAt = new Date(openedAtMs).toISOString();
    return {
      id,
      instance,
      listener: this.config.name,
      remote,
      local,
      openedAt,
      bytesReceived,
      bytesSent,
      records,
    };
  }
}

/** What a listener gives its sessions beside its parts. */
interface SessionParts {
  readonly events: ListenerEvents;
  readonly source: string;
  readonly givingUp: AbortSignal;
  onDone(session: Session): void;
}

function createSessions(
  config: ListenerConfig,
  { bus, credit, clock }: ListenerParts,
  { events, source, givingUp, onDone }: SessionParts,
): (connection: Connection) => Session {
  const { banner } = config;
  if (config.mode === "echo") {
    const shared = { banner, onDone };
    return (connection) => new EchoSession(connection, shared);
  }
  const { acks, batch, mediaType } = config;
  const codec = createCodec(toCodecOptions(config.codec));
  const container = containerOf(config, codec);
  const shared: IngestListener = {
    codec,
    maxFrameBytes: config.codec.maxFrame,
    patience:
      acks === "durable"
        ? undefined
        : { watch: new BusWatch(bus, clock), clock, givingUp, onHeld: (error) => events.held(error) },
    banner,
    creditBytes: config.credit,
    credit,
    maxBatchRecords: container === "single" ? 1 : batch.maxRecords,
    maxBatchBytes: batch.maxSize,
    ledger: events.counters.ledger,
    encode: createRecordEvents(container, mediaType, source, clock),
    publish: (event) => bus.publish(event),
    onFailed: (error) => events.failed(error),
    onDone,
  };
  return (connection) => new IngestSession(connection, shared);
}

function describe(config: ListenerConfig): string {
  const { name } = config;
  if (config.mode === "echo") return `${name}: every byte comes back`;
  const { codec, acks } = config;
  const framing = codec.name === "lines" ? "newline" : codec.name;
  return `${name}: ${framing} framing, ${acks === "durable" ? "durable acks" : "no acks"}`;
}

/** A command that sends two records and shows their acknowledgement. */
function tryWith(config: ListenerConfig): string | undefined {
  if (config.mode === "echo" || config.codec.name !== "lines" || config.acks !== "durable") return undefined;
  return "printf 'hello\\nworld\\n' | nc -N {host} {port}";
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

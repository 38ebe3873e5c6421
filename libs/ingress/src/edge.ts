import type { Bus } from "@fairlead/bus";
import type { TcpConnection } from "@fairlead/contracts";
import { beforeAbort, type Clock, type Logger, type Meter } from "@fairlead/core";
import type { Endpoint } from "@fairlead/engine";
import {
  type CloseReason,
  type Connection,
  type ListenOptions,
  listenTcp,
  listenUnix,
  type StreamListener,
} from "@fairlead/socket";
import { ConnectionEvents } from "./connection-events.ts";
import { showConnections } from "./connection-metrics.ts";
import type { EdgeConfig } from "./edge-config.ts";
import { admissionOptions, type EdgeAdmission, listenOptions } from "./listen-options.ts";
import { drainEnding, operatorEnding, type Session } from "./session.ts";

/** The parts that the edges of a service share: the service's context and a few more. */
export interface EdgeParts {
  /** "tcp-gateway": in the names of metrics and in the source of events. */
  readonly service: string;
  readonly instance: string;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly clock: Clock;
  /** Reasons for which sessions end their connections, beside those of libs/socket. */
  readonly closeReasons?: readonly string[];
}

/** The `source` of a listener's events: "/tcp-gateway/<instance>/<listener>". */
export function edgeSource({ service, instance }: EdgeParts, listener: string): string {
  return `/${service}/${instance}/${listener}`;
}

/**
 * A listening socket with its connections. The edge admits, runs a session for each connection, lists, finds, closes and
 * drains. The edge also counts connections and publishes their events. The bytes belong to the sessions.
 */
export class Edge implements AsyncDisposable {
  readonly config: EdgeConfig;
  readonly #parts: EdgeParts;
  readonly #createSession: (connection: Connection) => Session;
  readonly #events: ConnectionEvents;
  readonly #metrics: Disposable;
  /** The sessions of all connections that are not over, by the connection's id. */
  readonly #sessions = new Map<string, Session>();
  #socket!: StreamListener;

  private constructor(
    config: EdgeConfig,
    parts: EdgeParts,
    createSession: (connection: Connection) => Session,
  ) {
    const { name: listener, connectionEvents: publishes } = config;
    this.config = config;
    this.#parts = parts;
    this.#createSession = createSession;
    this.#events = new ConnectionEvents({
      ...parts,
      listener,
      source: edgeSource(parts, listener),
      publishes,
    });
    this.#metrics = showConnections(this.#events.counts, () => this.#sessions.size, parts.meter, {
      ...parts,
      listener,
    });
  }

  /** @throws {SocketError} ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, PERMISSION_DENIED */
  static async open(
    config: EdgeConfig,
    parts: EdgeParts,
    createSession: (connection: Connection) => Session,
  ): Promise<Edge> {
    const edge = new Edge(config, parts, createSession);
    try {
      edge.#socket = await edge.#listen();
    } catch (error) {
      edge.#metrics[Symbol.dispose]();
      throw error;
    }
    return edge;
  }

  /** Where the edge listens. */
  get address(): Pick<Endpoint, "scheme" | "host" | "port"> {
    const { family, host, port } = this.#socket.address;
    return { scheme: family === "unix" ? "unix" : "tcp", host, port };
  }

  /** All connections, in no order. */
  list(): TcpConnection[] {
    return Array.from(this.#sessions.values(), (session) => this.#describe(session));
  }

  find(id: string): TcpConnection | undefined {
    const session = this.#sessions.get(id);
    return session && this.#describe(session);
  }

  /** Stops the session of a connection as an operator; false when the connection is not here. */
  close(id: string): boolean {
    const session = this.#sessions.get(id);
    session?.stop(operatorEnding);
    return session !== undefined;
  }

  /** Changes who may connect from now on; connections that are open stay. @throws {SocketError} BAD_OPTION */
  setAdmission(admission: EdgeAdmission): void {
    this.#socket.setAdmission(admissionOptions(admission));
  }

  /** Takes no more connections, stops every session and waits for its end. What is left when the signal fires is cut. */
  async drain(signal: AbortSignal): Promise<void> {
    const over = this.#socket.drain(signal);
    for (const session of this.#sessions.values()) session.stop(drainEnding);
    await over;
    await beforeAbort(this.#events.settled(), signal).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
    this.#metrics[Symbol.dispose]();
  }

  #listen(): Promise<StreamListener> {
    const { config } = this;
    const options = { ...listenOptions(config), ...this.#handlers() };
    if (config.path !== undefined) return listenUnix({ ...options, path: config.path });
    const { host, port = 0, reusePort } = config;
    return listenTcp({ ...options, host, port, reusePort });
  }

  #handlers(): Pick<ListenOptions, "onConnection" | "onClosed" | "onRefused" | "onError" | "clock"> {
    return {
      onConnection: (connection) => this.#serve(connection),
      onClosed: (connection, reason) => this.#forget(connection, reason),
      onRefused: (remote, reason) => this.#events.refused(remote, reason),
      onError: (error) => this.#events.failed(error),
      clock: this.#parts.clock,
    };
  }

  #serve(connection: Connection): Promise<void> {
    const session = this.#createSession(connection);
    this.#sessions.set(connection.id, session);
    this.#events.opened(connection);
    // Not an async function: its frame would cost each idle connection 500 bytes.
    return session.run();
  }

  /** The session is done and the connection, which may live longer, is over. */
  #forget({ id }: Connection, reason: CloseReason): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (session) this.#events.closed(session, session.ending?.reason ?? reason);
  }

  #describe({ connection, records = 0 }: Session): TcpConnection {
    const { id, remote, local, openedAtMs, bytesReceived, bytesSent } = connection;
    const { instance } = this.#parts;
    const openedAt = new Date(openedAtMs).toISOString();
    const { name: listener } = this.config;
    return { id, instance, listener, remote, local, openedAt, bytesReceived, bytesSent, records };
  }
}

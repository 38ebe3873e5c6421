import { setMaxListeners } from "node:events";
import { createServer, type ListenOptions as NodeListenOptions, type Server, type Socket } from "node:net";
import { onAbort, toError, WakeUp } from "@fairlead/core";
import { internetAddress, unixAddress } from "./address.ts";
import { Admission } from "./admission.ts";
import type { SocketAddress } from "./connection.ts";
import { type ConnectionSettings, connectionSettings } from "./connection-settings.ts";
import { FramingError, SocketError } from "./errors.ts";
import type {
  AdmissionOptions,
  ConnectionSet,
  ListenerStats,
  ListenOptions,
  StreamListener,
} from "./listener.ts";
import { StreamConnection } from "./stream-connection.ts";
import { sweepsOf } from "./sweep.ts";
import { checkLimit, toSocketError } from "./system-errors.ts";

/** The accepting side: a net.Server, its admission, its open connections and its counts. */
export class StreamServer implements StreamListener {
  readonly connections: ConnectionSet;
  readonly draining: AbortSignal;
  readonly #options: ListenOptions;
  readonly #settings: ConnectionSettings;
  readonly #admission: Admission;
  readonly #server: Server;
  readonly #open = new Set<StreamConnection>();
  readonly #drain = new AbortController();
  readonly #lingerSweeps: number;
  /** The local addresses of all connections. Addresses are few and connections many, so each address is kept once. */
  readonly #locals = new Map<string, SocketAddress>();
  #address: SocketAddress = unixAddress("");
  #accepted = 0;
  #abandoned = 0;
  #failed = 0;
  #handlers = 0;
  /** A connection or a handler is over. */
  readonly #change = new WakeUp();

  /** @throws {SocketError} BAD_OPTION */
  constructor(options: ListenOptions) {
    checkLimit("backlog", options.backlog, 1);
    checkLimit("lingerMs", options.lingerMs, 1);
    this.#options = options;
    this.#settings = connectionSettings(options);
    this.#admission = new Admission(options);
    this.#lingerSweeps = sweepsOf(options.lingerMs ?? 2_000);
    this.draining = this.#drain.signal;
    setMaxListeners(0, this.draining);
    const open = this.#open;
    this.connections = {
      [Symbol.iterator]: () => open.values(),
      get count() {
        return open.size;
      },
    };
    const { noDelay, keepAliveMs } = this.#settings;
    this.#server = createServer({
      allowHalfOpen: true,
      // One unread byte stops the reading of a paused socket, because Receiver decides how much is read ahead.
      highWaterMark: 1,
      noDelay,
      ...(keepAliveMs === undefined ? {} : { keepAlive: true, keepAliveInitialDelay: keepAliveMs }),
    });
    this.#server.on("connection", (socket) => this.#accept(socket));
  }

  get address(): SocketAddress {
    return this.#address;
  }

  get isListening(): boolean {
    return this.#server.listening;
  }

  get stats(): ListenerStats {
    return {
      accepted: this.#accepted,
      abandoned: this.#abandoned,
      refused: { ...this.#admission.refused },
      failed: this.#failed,
    };
  }

  /** @param what the verb and object of the error text: "listen on 127.0.0.1:80". @throws {SocketError} */
  async listen(where: NodeListenOptions, what: string, bound?: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown) => reject(toSocketError(error, what));
      this.#server.once("error", fail);
      this.#server.listen({ ...where, backlog: this.#options.backlog ?? 1_024, exclusive: true }, () => {
        this.#server.off("error", fail);
        resolve();
      });
      bound?.();
    });
    // A connection that cannot be accepted (EMFILE) must not end the process. The kernel keeps that connection in the backlog.
    this.#server.on("error", () => {});
    const address = this.#server.address();
    this.#address =
      typeof address === "object" && address !== null
        ? internetAddress(address.address, address.port)
        : unixAddress(where.path ?? "");
  }

  setAdmission(options: AdmissionOptions): void {
    this.#admission.change(options);
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#admission.isDraining = true;
    this.#server.close();
    this.#drain.abort();
    const closeRest = () => {
      for (const connection of this.#open) connection.close("drain");
      this.#change.wake();
    };
    using _ = onAbort(signal, closeRest);
    // `drain` also waits for a handler that goes on after its connection is over, but not beyond the signal.
    while (this.#open.size > 0 || (this.#handlers > 0 && !signal.aborted)) await this.#change.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(AbortSignal.abort());
  }

  #accept(socket: Socket): void {
    const remote = this.#remoteOf(socket);
    if (remote === undefined) {
      this.#abandoned++;
      socket.on("error", () => {}).destroy();
      return;
    }
    const reason = this.#admission.enter(remote, descriptorOf(socket));
    if (reason !== undefined) {
      socket.on("error", () => {});
      // A reset leaves no TIME_WAIT behind, so that many refusals stay cheap. A Unix socket has neither.
      if (remote.family === "unix") socket.destroy();
      else socket.resetAndDestroy();
      this.#options.onRefused?.(remote, reason);
      return;
    }
    this.#accepted++;
    const connection = new StreamConnection(socket, remote, this.#localOf(socket), this.#settings, (over) => {
      this.#open.delete(over);
      this.#change.wake();
    });
    this.#open.add(connection);
    // #serve() never rejects: the error of a handler goes to onError.
    void this.#serve(connection);
  }

  async #serve(connection: StreamConnection): Promise<void> {
    this.#handlers++;
    try {
      await this.#options.onConnection(connection);
      connection.finish(this.#lingerSweeps);
    } catch (thrown) {
      this.#failConnection(connection, thrown);
    }
    this.#handlers--;
    this.#change.wake();
    // A connection counts as open while the connection or its handler lives, because both hold memory.
    const reason = await connection.closed;
    this.#admission.leave(connection.remote);
    this.#options.onClosed?.(connection, reason);
  }

  #failConnection(connection: StreamConnection, thrown: unknown): void {
    // A handler that reads or sends after the end of its connection has not failed.
    const isItsEnd = thrown instanceof SocketError && connection.isClosing;
    connection.close(thrown instanceof FramingError ? "framing" : "error");
    if (isItsEnd) return;
    this.#failed++;
    this.#options.onError?.(toError(thrown), connection);
  }

  /** The address of the peer. Undefined when the peer was gone before the accept: the kernel no longer knows the address. */
  #remoteOf(socket: Socket): SocketAddress | undefined {
    if (this.#address.family === "unix") return unixAddress("");
    const { remoteAddress, remotePort } = socket;
    return remoteAddress === undefined ? undefined : internetAddress(remoteAddress, remotePort ?? 0);
  }

  #localOf(socket: Socket): SocketAddress {
    const { localAddress } = socket;
    if (this.#address.family === "unix" || localAddress === undefined) return this.#address;
    let local = this.#locals.get(localAddress);
    if (local === undefined) {
      local = internetAddress(localAddress, this.#address.port);
      if (this.#locals.size < 64) this.#locals.set(localAddress, local);
    }
    return local;
  }
}

/** Node shows the descriptor of a socket on its handle only, and not on Windows. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd;
}

import type { Clock } from "@fairlead/core";
import type { CloseReason, Connection, ConnectionTimeLimits, SocketAddress } from "./connection.ts";

/** Why a connection was refused before its handler ran. */
export type RefusalReason =
  | "connections"
  | "connections-per-address"
  | "open-files"
  | "accept-rate"
  | "denied"
  | "draining";

/** The options of every connection, whichever side opened the connection. */
export interface ConnectionOptions {
  /** One shared sweep checks the limits: a limit of N ms ends the connection after N ms and before N + 2 * sweepMs. */
  readonly limits?: ConnectionTimeLimits;
  /** No Nagle delay. Default true. */
  readonly noDelay?: boolean;
  /** TCP keep-alive with this idle time before the first probe. Default: off. */
  readonly keepAliveMs?: number;
  /** The most bytes that `read` gives at once, and that are read ahead before a reader asks. Default 65,536, from 1. */
  readonly maxChunkBytes?: number;
  /**
   * Bytes of sends that wait for the peer. A further send is refused with SEND_BUFFER_FULL, unless no other send waits. Default 1
   * MiB.
   */
  readonly maxUnsentBytes?: number;
  readonly clock?: Clock;
}

/** The limits that decide who may connect. */
export interface AdmissionOptions {
  /** Connections at once, from 1. One more is reset. */
  readonly maxConnections: number;
  /**
   * Connections at once from one address (IPv6: one full address), from 1. One more is reset. The limit does not apply to Unix
   * sockets.
   */
  readonly maxConnectionsPerAddress: number;
  /** Accepted connections per second on average. One more is reset. Default: no limit. */
  readonly acceptRatePerSecond?: number;
  /** Connections that may come at once under the accept rate. Default: one second's worth, at least 1. */
  readonly acceptBurst?: number;
  /** Addresses and CIDR ranges, IPv4 or IPv6, that may connect. Default: everybody. An empty list is refused. */
  readonly allow?: readonly string[];
  /** Addresses and CIDR ranges that may not connect, even where `allow` has them. */
  readonly deny?: readonly string[];
}

export interface ListenOptions extends ConnectionOptions, AdmissionOptions {
  /**
   * Handles one connection from its beginning to its end. When the handler returns, the connection is ended gracefully. When the
   * handler throws, the connection is closed with "error" (a FramingError: "framing") and `onError` is called. A SocketError that
   * the end of the connection itself has caused may be thrown on: that error is no failure.
   */
  readonly onConnection: (connection: Connection) => Promise<void>;
  /** Called when a connection is over and its handler has returned; must not throw. */
  readonly onClosed?: (connection: Connection, reason: CloseReason) => void;
  /** Called for each connection that was refused. The connection is already reset. */
  readonly onRefused?: (remote: SocketAddress, reason: RefusalReason) => void;
  /** Called with the error of a handler; must not throw. Without this callback the error shows only as the close reason "error". */
  readonly onError?: (error: Error, connection: Connection) => void;
  /** Connections that the kernel holds before we take them. Default 1,024; the kernel's own limit is somaxconn. */
  readonly backlog?: number;
  /**
   * The milliseconds that a connection whose handler has returned waits for the peer to end too. Bytes that the peer still sends
   * are thrown away. Then the connection is closed. Default 2,000.
   */
  readonly lingerMs?: number;
}

export interface ListenTcpOptions extends ListenOptions {
  /** Address or name to bind. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Several processes listen on one port, and the kernel spreads the connections (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean;
  /** With host "::": no IPv4. Default false. */
  readonly ipv6Only?: boolean;
}

export interface ListenUnixOptions extends ListenOptions {
  /** The path of the socket file. A path that begins with NUL is in Linux' abstract namespace. */
  readonly path: string;
  /** Permissions of the socket file. Default 0o600: only this user may connect. */
  readonly mode?: number;
}

export interface ListenerStats {
  /** Connections that were given to the handler. */
  readonly accepted: number;
  /** Connections that were already dead when they were accepted: their peer has no address any more. */
  readonly abandoned: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Handlers that threw. */
  readonly failed: number;
}

export interface ConnectionSet extends Iterable<Connection> {
  readonly count: number;
}

/** A listening TCP or Unix-stream socket. Disposing closes it and every connection at once. */
export interface StreamListener extends AsyncDisposable {
  /** The address that was bound, with the port that the kernel chose where 0 was asked for. */
  readonly address: SocketAddress;
  /** The open connections. A connection whose handler has returned is open until its peer has ended. */
  readonly connections: ConnectionSet;
  readonly stats: ListenerStats;
  /** Changes the admission from now on. Open connections stay. @throws {SocketError} BAD_OPTION */
  setAdmission(options: AdmissionOptions): void;
  /** Fires when draining begins, so that sessions can `stopReading()`. */
  readonly draining: AbortSignal;
  /**
   * Accepts no more connections, and resolves when every handler has returned and every connection is over. When the signal fires,
   * the other connections are closed with "drain", and no handler is waited for. `drain` may be called again.
   */
  drain(signal: AbortSignal): Promise<void>;
}

export interface DialOptions extends ConnectionOptions {
  /** The time from the call to the established connection, the name look-up included. */
  readonly connectTimeoutMs: number;
  /** Gives the dial up: then the signal's reason is thrown. The signal has no effect once connected. */
  readonly signal?: AbortSignal;
}

export interface DialTcpOptions extends DialOptions {
  readonly host: string;
  readonly port: number;
  /** Address and port to dial from. Default: the kernel's choice. */
  readonly localAddress?: string;
  readonly localPort?: number;
  /** The only family to dial. Default: both, and the first that answers is taken. */
  readonly family?: 4 | 6;
}

export interface DialUnixOptions extends DialOptions {
  readonly path: string;
}

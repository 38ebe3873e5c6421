import type { Clock } from "@fairlead/core";
import type { CloseReason, Connection, ConnectionTimeLimits, SocketAddress } from "./connection.ts";

/** Why a connection was turned away before its handler saw it. */
export type RefusalReason = "connections" | "connections-per-address" | "accept-rate" | "denied" | "draining";

/** What every connection may be given, whichever side opened it. */
export interface ConnectionOptions {
  /** Checked by one shared sweep: a limit of N ms ends the connection after N ms and before N + 2 * sweepMs. */
  readonly limits?: ConnectionTimeLimits;
  /** No Nagle delay. Default true. */
  readonly noDelay?: boolean;
  /** TCP keep-alive with this idle time before the first probe. Default: off. */
  readonly keepAliveMs?: number;
  /** The most that `read` gives at once and that is read ahead while nobody asks. Default 65,536, from 1. */
  readonly maxChunkBytes?: number;
  /**
   * Bytes of sends that wait for the peer; a further send is refused with SEND_BUFFER_FULL, unless it is the only one.
   * Default 1 MiB.
   */
  readonly maxUnsentBytes?: number;
  readonly clock?: Clock;
}

/** Who may connect. */
export interface AdmissionOptions {
  /** Connections at once, from 1; one more is reset. */
  readonly maxConnections: number;
  /** Connections at once from one address (IPv6: one full address), from 1; one more is reset. Not for Unix sockets. */
  readonly maxConnectionsPerAddress: number;
  /** Accepted connections per second on average; one more is reset. Default: no limit. */
  readonly acceptRatePerSecond?: number;
  /** How many may come at once under the accept rate. Default: one second's worth, at least 1. */
  readonly acceptBurst?: number;
  /** Addresses and CIDR ranges, IPv4 or IPv6; only these may connect. Default: everybody; an empty list is refused. */
  readonly allow?: readonly string[];
  /** Addresses and CIDR ranges that may not connect, even where `allow` has them. */
  readonly deny?: readonly string[];
}

export interface ListenOptions extends ConnectionOptions, AdmissionOptions {
  /**
   * One connection from its beginning to its end. When it returns, the connection is ended gracefully; when it throws,
   * the connection is closed with "error" (a FramingError: "framing") and `onError` is told. A SocketError that comes
   * from the end of the connection itself may be thrown on: it is no failure.
   */
  readonly onConnection: (connection: Connection) => Promise<void>;
  /** Told when a connection is over and its handler has returned; must not throw. */
  readonly onClosed?: (connection: Connection, reason: CloseReason) => void;
  /** Told of each connection that was turned away; it is already reset. */
  readonly onRefused?: (remote: SocketAddress, reason: RefusalReason) => void;
  /** What the handler threw; must not throw itself. Without it, the error is only seen as the close reason "error". */
  readonly onError?: (error: Error, connection: Connection) => void;
  /** Connections that the kernel holds before we take them. Default 1,024; the kernel's own limit is somaxconn. */
  readonly backlog?: number;
  /**
   * How long a connection whose handler has returned may wait for the peer to end too, in milliseconds; what the peer
   * still sends is thrown away. Then it is closed. Default 2,000.
   */
  readonly lingerMs?: number;
}

export interface ListenTcpOptions extends ListenOptions {
  /** Address or name to bind. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Several processes on one port, the kernel spreads the connections (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean;
  /** With host "::": no IPv4. Default false. */
  readonly ipv6Only?: boolean;
}

export interface ListenUnixOptions extends ListenOptions {
  /** Path of the socket file; one that begins with NUL is in Linux' abstract namespace. */
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
  /** What was bound: with the port that the kernel chose where 0 was asked. */
  readonly address: SocketAddress;
  /** Connections that are open now, the ones whose handler has returned and whose peer has not ended included. */
  readonly connections: ConnectionSet;
  readonly stats: ListenerStats;
  /** Changes who may connect from now on; connections that are open stay. @throws {SocketError} BAD_OPTION */
  setAdmission(options: AdmissionOptions): void;
  /** Fires when draining begins, so that sessions can `stopReading()`. */
  readonly draining: AbortSignal;
  /**
   * Stops accepting and resolves when every handler has returned and every connection is over; when the signal fires,
   * the rest is closed with "drain" and no handler is waited for. May be called again.
   */
  drain(signal: AbortSignal): Promise<void>;
}

export interface DialOptions extends ConnectionOptions {
  /** From the call to the established connection, name look-up included. */
  readonly connectTimeoutMs: number;
  /** Gives up; the signal's reason is thrown. No effect once connected. */
  readonly signal?: AbortSignal;
}

export interface DialTcpOptions extends DialOptions {
  readonly host: string;
  readonly port: number;
  /** Address and port to dial from. Default: the kernel's choice. */
  readonly localAddress?: string;
  readonly localPort?: number;
  /** Only this family. Default: both, the first that answers. */
  readonly family?: 4 | 6;
}

export interface DialUnixOptions extends DialOptions {
  readonly path: string;
}

import type { SocketAddress } from "./connection.ts";

/** One or more datagrams, in the order in which they came. */
export interface DatagramBatch {
  readonly count: number;
  /** Sum of the payloads, in bytes. */
  readonly payloadBytes: number;
  /**
   * The payload of datagram `index`, 0 <= index < count. A payload may be empty. A payload that is kept keeps the memory of the
   * whole batch.
   */
  payload(index: number): Buffer;
  /** The bytes of payload `index`. */
  payloadLength(index: number): number;
  /** The sender of datagram `index`. An IPv4 peer of a dual-stack socket is given as IPv4. */
  source(index: number): SocketAddress;
  /**
   * The time at which the datagram was taken from the kernel, in microseconds since the epoch. Times never go back within a batch.
   */
  receivedAtMicros(index: number): number;
}

export interface UdpMulticastOptions {
  /** Groups to join at once. */
  readonly groups?: readonly string[];
  /** Interface to send from and to join on: an IPv4 address, or for IPv6 a zone like "::%lo". Default: the kernel's. */
  readonly interface?: string | undefined;
  /** Hops. Default 1. */
  readonly ttl?: number;
  /** Own datagrams are heard on this machine. Default true. */
  readonly loopback?: boolean;
}

export interface BindUdpOptions {
  /** Address or name to bind; decides the family. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The receive buffer to ask for. The kernel may grant less: see `receiveBuffer`. Default: the kernel's. */
  readonly receiveBufferBytes?: number;
  readonly sendBufferBytes?: number;
  /** Datagrams that may wait for `batches()`, from 1. One more is dropped and counted. */
  readonly maxPendingDatagrams: number;
  /** Payload bytes that may wait for `batches()`, from 65,507 (the largest datagram). */
  readonly maxPendingBytes: number;
  /** Bytes of sends that may wait for the kernel. A further send is refused with SEND_BUFFER_FULL. Default 1 MiB. */
  readonly maxUnsentBytes?: number;
  /** Several processes bind one port, and the kernel spreads the datagrams by source (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean;
  /** Several sockets bind one multicast port, and each hears every datagram (SO_REUSEADDR). Default false. */
  readonly reuseAddress?: boolean;
  /** With host "::": no IPv4. Default false. */
  readonly ipv6Only?: boolean;
  /** The socket may send to broadcast addresses. Default false. */
  readonly broadcast?: boolean;
  readonly multicast?: UdpMulticastOptions | undefined;
  /** Called for errors that belong to no call, like an ICMP refusal on a connected socket. `stats.errors` counts these errors. */
  readonly onError?: (error: Error) => void;
}

/** `received` = given by batches() + `overflowDropped` + `pending`, at any moment. */
export interface UdpStats {
  /** Datagrams taken from the kernel, and their payload bytes. */
  readonly received: number;
  readonly receivedBytes: number;
  /** Of these: dropped because `maxPendingDatagrams` or `maxPendingBytes` were waiting. */
  readonly overflowDropped: number;
  readonly overflowDroppedBytes: number;
  /** Of these: waiting for `batches()`. */
  readonly pending: number;
  readonly pendingBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Errors that belong to no call. */
  readonly errors: number;
}

export interface ReceiveBuffer {
  /** The size that was asked for. Undefined where none was. */
  readonly askedBytes: number | undefined;
  /** The size that the kernel granted, in the same measure as `askedBytes` (Linux reports twice that size). */
  readonly grantedBytes: number;
  /** True when the kernel granted less than was asked for. The remedy is a larger net.core.rmem_max. */
  readonly isShort: boolean;
}

export interface UdpTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * A UDP socket. Disposing closes it at once: `batches()` then gives the datagrams that wait, and ends. Datagrams that the kernel
 * holds for the socket are lost and not counted. `drain` takes these too.
 */
export interface UdpSocket extends AsyncDisposable {
  readonly local: SocketAddress;
  /** The connected peer. */
  readonly remote: SocketAddress | undefined;
  readonly stats: UdpStats;
  readonly receiveBuffer: ReceiveBuffer;
  /**
   * Datagrams that the kernel dropped for this socket since the bind, mostly because the receive buffer was full. After the close:
   * the last count. Undefined where the kernel does not say (macOS).
   */
  kernelDrops(): number | undefined;
  /** The datagrams that wait, batch after batch, until the socket is closed or drained. One consumer at a time. */
  batches(): AsyncIterable<DatagramBatch>;
  /**
   * Resolves when the kernel has taken the datagram, which says nothing about the peer.
   * @throws {SocketError} DATAGRAM_TOO_LARGE, SEND_BUFFER_FULL (retryable), UNREACHABLE, CONNECTION_REFUSED, CONNECTION_CLOSED
   */
  send(data: Uint8Array | string, to?: UdpTarget): Promise<void>;
  /** From now on `send` needs no target, and only datagrams of this peer are received. */
  connect(to: UdpTarget): Promise<void>;
  /**
   * Ends the connection, so that the socket hears every peer again. On Linux the socket loses a port that the kernel chose (0),
   * and keeps a port that was given.
   */
  disconnect(): void;
  setBroadcast(on: boolean): void;
  /** @param networkInterface as in `multicast.interface`. @throws {SocketError} */
  joinMulticast(group: string, networkInterface?: string): void;
  leaveMulticast(group: string, networkInterface?: string): void;
  /**
   * Takes nothing new: datagrams that come from now on find no socket. `batches()` still gives the datagrams that the kernel
   * already holds, and then ends. Resolves when the kernel's queue is empty and the socket is closed. Nothing more can be sent, so
   * answer before the drain.
   */
  drain(): Promise<void>;
}

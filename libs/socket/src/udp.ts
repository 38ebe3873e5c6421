import type { SocketAddress } from "./connection.ts";

/** Datagrams in the order in which they came. At least one. */
export interface DatagramBatch {
  readonly count: number;
  /** Sum of the payloads, in bytes. */
  readonly payloadBytes: number;
  /** Payload of datagram `index`, 0 <= index < count; may be empty, may be kept, and then keeps the batch's memory. */
  payload(index: number): Buffer;
  /** Bytes of that payload. */
  payloadLength(index: number): number;
  /** Where it came from; an IPv4 peer of a dual-stack socket is given as IPv4. */
  source(index: number): SocketAddress;
  /** When it was taken from the kernel: microseconds since the epoch, never going back within a batch. */
  receivedAtMicros(index: number): number;
}

export interface UdpMulticastOptions {
  /** Groups to join at once. */
  readonly groups?: readonly string[];
  /** Interface to send from and to join on: an IPv4 address, or for IPv6 a zone like "::%lo". Default: the kernel's. */
  readonly interface?: string;
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
  /** Asked of the kernel, which may grant less: see `receiveBuffer`. Default: the kernel's. */
  readonly receiveBufferBytes?: number;
  readonly sendBufferBytes?: number;
  /** Datagrams that wait for `batches()`, from 1; one more is dropped and counted. */
  readonly maxPendingDatagrams: number;
  /** Payload bytes that wait for `batches()`, from 65,507 (the largest datagram). */
  readonly maxPendingBytes: number;
  /** Bytes of sends that wait for the kernel; one more is refused with SEND_BUFFER_FULL. Default 1 MiB. */
  readonly maxUnsentBytes?: number;
  /** Several processes on one port, the kernel spreads by source (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean;
  /** Several sockets on one multicast port, each hears all (SO_REUSEADDR). Default false. */
  readonly reuseAddress?: boolean;
  /** With host "::": no IPv4. Default false. */
  readonly ipv6Only?: boolean;
  /** May send to broadcast addresses. Default false. */
  readonly broadcast?: boolean;
  readonly multicast?: UdpMulticastOptions;
  /** Told of errors that belong to no call, like an ICMP refusal on a connected socket. Counted in `stats.errors`. */
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
  /** What was asked; undefined: nothing. */
  readonly askedBytes: number | undefined;
  /** What the kernel gave, in the same measure as what is asked (Linux reports twice that). */
  readonly grantedBytes: number;
  /** Less than asked: raise net.core.rmem_max. */
  readonly isShort: boolean;
}

export interface UdpTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * A UDP socket. Disposing closes it at once: `batches()` still gives what waits and ends, but what the kernel holds for
 * the socket is lost and not counted. `drain` takes that too.
 */
export interface UdpSocket extends AsyncDisposable {
  readonly local: SocketAddress;
  /** The connected peer. */
  readonly remote: SocketAddress | undefined;
  readonly stats: UdpStats;
  readonly receiveBuffer: ReceiveBuffer;
  /**
   * Datagrams that the kernel dropped for this socket (mostly: its receive buffer was full), since it was bound. After
   * the close: the last count. Undefined where the kernel does not say (macOS).
   */
  kernelDrops(): number | undefined;
  /** Everything that waits, batch after batch, until the socket is closed or drained. One consumer at a time. */
  batches(): AsyncIterable<DatagramBatch>;
  /**
   * Resolves when the kernel has taken it; which says nothing about the peer.
   * @throws {SocketError} DATAGRAM_TOO_LARGE, SEND_BUFFER_FULL (retryable), UNREACHABLE, CONNECTION_REFUSED,
   *   CONNECTION_CLOSED
   */
  send(data: Uint8Array | string, to?: UdpTarget): Promise<void>;
  /** From now on `send` needs no target, and only datagrams of this peer are received. */
  connect(to: UdpTarget): Promise<void>;
  /** Hears everybody again. On Linux a port that the kernel chose (0) is lost by this, one asked for by number is kept. */
  disconnect(): void;
  setBroadcast(on: boolean): void;
  /** @param networkInterface as in `multicast.interface`. @throws {SocketError} */
  joinMulticast(group: string, networkInterface?: string): void;
  leaveMulticast(group: string, networkInterface?: string): void;
  /**
   * Takes nothing new: datagrams that come from now on find no socket, those that the kernel already holds are still
   * given by `batches()`, which then ends. Resolves when the kernel's queue is empty, and closes the socket. Nothing more
   * can be sent: what must be answered is answered before.
   */
  drain(): Promise<void>;
}

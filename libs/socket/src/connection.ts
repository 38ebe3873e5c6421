import type { Duplex } from "node:stream";
import type { Codec, FrameBatch } from "./codec.ts";

export type AddressFamily = "ipv4" | "ipv6" | "unix";

/** One end of a socket. For `unix`: host is the path ("" for an unnamed peer) and port 0. */
export interface SocketAddress {
  readonly family: AddressFamily;
  readonly host: string;
  readonly port: number;
}

/** Why a connection is over. `peer`: it ended or reset; `local`: we closed it; the rest name the limit that was met. */
export type CloseReason =
  | "peer-ended"
  | "peer-reset"
  | "local"
  | "first-byte-timeout"
  | "frame-timeout"
  | "idle-timeout"
  | "total-timeout"
  | "send-timeout"
  | "drain"
  | "framing"
  | "error";

/** Time limits of one connection, in milliseconds; undefined: no limit, 0 is refused. */
export interface ConnectionTimeLimits {
  /** From the accept to the first byte received. */
  readonly firstByteMs?: number;
  /** From the first byte of a frame to its last: stops a peer that drips bytes. */
  readonly frameMs?: number;
  /** Without any byte received or sent. */
  readonly idleMs?: number;
  /** From the accept to the end, whatever happens. */
  readonly totalMs?: number;
  /** A send that the peer does not take: closes with `send-timeout`. */
  readonly sendMs?: number;
}

/**
 * A TCP or Unix-stream connection that is read by pulling: no byte is taken from the kernel beyond one chunk unless
 * somebody asks, so a slow reader slows its peer down. One reader at a time. Disposing closes at once.
 */
export interface Connection extends AsyncDisposable {
  /** Unique and sortable by time. */
  readonly id: string;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** Milliseconds since the epoch. */
  readonly openedAtMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Resolves once, never rejects, when both directions are over. */
  readonly closed: Promise<CloseReason>;
  /**
   * Resolves, never rejects, when the peer has ended, reset, or the connection is over: also while nobody reads. A reset is
   * seen within one sweep; an end is seen when no more than one chunk of unread bytes stands before it.
   */
  readonly peerEnded: Promise<void>;

  /** The next chunk as it comes, never empty; undefined when the peer has ended. @throws {SocketError} */
  read(): Promise<Buffer | undefined>;
  /** Exactly `bytes` bytes. @throws {SocketError} UNEXPECTED_END when the peer ends before */
  readExactly(bytes: number): Promise<Buffer>;
  /**
   * Up to and including the delimiter. The cap counts the delimiter.
   * @throws {SocketError} LINE_TOO_LONG, UNEXPECTED_END when the peer ends before the delimiter
   */
  readUntil(delimiter: Uint8Array | string, maxBytes: number): Promise<Buffer>;
  /**
   * One line without its LF or CRLF; the unterminated rest at the end counts as a line; undefined at the end.
   * @throws {SocketError} LINE_TOO_LONG
   */
  readLine(maxBytes: number): Promise<string | undefined>;
  /** All complete frames of each chunk, never an empty batch unless it counts drops. @throws {SocketError | FramingError} */
  batches(codec: Codec): AsyncIterable<FrameBatch>;
  /** Frame by frame; each is a copy that may be kept. @throws {SocketError | FramingError} */
  frames(codec: Codec): AsyncIterable<Buffer>;

  /**
   * No more bytes are wanted: a read that waits and every further read give undefined, `batches` and `frames` end without
   * the unfinished rest, and what the peer still sends is thrown away. Sending goes on. For a graceful stop.
   */
  stopReading(): void;

  /**
   * Resolves when the kernel's and our own buffer have room again: awaiting every send keeps at most one of them in
   * memory. @throws {SocketError} CONNECTION_CLOSED, CONNECTION_RESET, TIMED_OUT,
   *   SEND_BUFFER_FULL (retryable) when sends that nobody awaited fill `maxUnsentBytes`
   */
  send(data: Uint8Array | string): Promise<void>;
  /** Half-close: sends FIN after what was sent; reading goes on (socket.shutdown(SHUT_WR)). */
  end(): Promise<void>;
  /** Closes both directions at once; what was sent and not yet taken by the kernel is lost. */
  close(reason?: CloseReason): void;
  /** The connection as a Node stream, for libraries that want one. Ends pull-based reading. */
  stream(): Duplex;

  setNoDelay(on: boolean): void;
  /** @param initialDelayMs idle time before the first probe */
  setKeepAlive(on: boolean, initialDelayMs?: number): void;
}

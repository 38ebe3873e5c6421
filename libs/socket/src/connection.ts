import type { Duplex } from "node:stream";
import type { Codec, FrameBatch } from "./codec.ts";

export type AddressFamily = "ipv4" | "ipv6" | "unix";

/** One end of a socket. For `unix` the host is the path ("" for an unnamed peer) and the port is 0. */
export interface SocketAddress {
  readonly family: AddressFamily;
  readonly host: string;
  readonly port: number;
}

/**
 * Why a connection is over. `peer-...`: the peer has ended or reset the connection. `local`: our side has closed the connection.
 * The others name a limit or a cause.
 */
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

/** Time limits of one connection, in milliseconds. Undefined means no limit, 0 is refused. */
export interface ConnectionTimeLimits {
  /** The time from the accept to the first received byte. */
  readonly firstByteMs?: number;
  /** The time from the first byte of a frame to its last. The limit stops a peer that drips bytes. */
  readonly frameMs?: number;
  /** The time without any byte in either direction. */
  readonly idleMs?: number;
  /** The time from the accept to the end, whatever happens. */
  readonly totalMs?: number;
  /** The time that a send waits for the peer. The reason of the close is then `send-timeout`. */
  readonly sendMs?: number;
}

export interface BatchesOptions {
  /**
   * True where the bytes that were received before an end of any kind become frames, and the unfinished rest too where the codec
   * allows. For peers that repeat nothing. Default false: such a rest is a dropped frame, unless the peer itself has ended.
   */
  readonly keepsRest?: boolean;
}

/**
 * A TCP or Unix-stream connection that is read by pulling. No more than one chunk is taken from the kernel before a reader asks,
 * so a slow reader slows its peer down. One reader at a time. Disposing closes at once.
 */
export interface Connection extends AsyncDisposable {
  /** A unique id. Ids sort by time. */
  readonly id: string;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** Milliseconds since the epoch. */
  readonly openedAtMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Received bytes that nobody has read or will read: they came behind the end of the reading. */
  readonly bytesDiscarded: number;
  /** Resolves once when both directions are over. Never rejects. */
  readonly closed: Promise<CloseReason>;
  /**
   * Resolves when the peer has ended or reset the connection, or the connection is over, also while nobody reads. Never rejects. A
   * reset is noticed within one sweep. An end is noticed when no more than one chunk of unread bytes stands before that end.
   */
  readonly peerEnded: Promise<void>;

  /** The next chunk as the kernel gives one, never empty. Undefined when the peer has ended. @throws {SocketError} */
  read(): Promise<Buffer | undefined>;
  /** Exactly `bytes` bytes. @throws {SocketError} UNEXPECTED_END when the peer ends before */
  readExactly(bytes: number): Promise<Buffer>;
  /**
   * Up to and including the delimiter. The cap counts the delimiter.
   * @throws {SocketError} LINE_TOO_LONG, UNEXPECTED_END when the peer ends before the delimiter
   */
  readUntil(delimiter: Uint8Array | string, maxBytes: number): Promise<Buffer>;
  /**
   * One line without its LF or CRLF. The unterminated rest at the end counts as a line. Undefined at the end.
   * @throws {SocketError} LINE_TOO_LONG
   */
  readLine(maxBytes: number): Promise<string | undefined>;
  /** All complete frames of each chunk. A batch is empty only where the batch counts drops. @throws {SocketError | FramingError} */
  batches(codec: Codec, options?: BatchesOptions): AsyncIterable<FrameBatch>;
  /** The frames one by one. Each frame is a copy that may be kept. @throws {SocketError | FramingError} */
  frames(codec: Codec): AsyncIterable<Buffer>;

  /**
   * Stops the reading gracefully. A read that waits and every further read give undefined, `batches` and `frames` end, with
   * the unfinished rest counted as a dropped frame or kept (`BatchesOptions`), and bytes that the peer still sends are thrown away. Sending goes on.
   */
  stopReading(): void;

  /**
   * Resolves when the kernel's buffer and our own have room again. A caller that awaits every send has at most one send in memory.
   * @throws {SocketError} CONNECTION_CLOSED, CONNECTION_RESET, TIMED_OUT, SEND_BUFFER_FULL (retryable) when sends that were not
   * awaited fill `maxUnsentBytes`
   */
  send(data: Uint8Array | string): Promise<void>;
  /** Half-closes the connection: FIN follows the bytes that were sent, and reading goes on (socket.shutdown(SHUT_WR)). */
  end(): Promise<void>;
  /** Closes both directions at once. Bytes that the kernel has not taken yet are lost. */
  close(reason?: CloseReason): void;
  /** The connection as a Node stream, for libraries that need a stream. Reading by pulling ends with this call. */
  stream(): Duplex;

  setNoDelay(on: boolean): void;
  /** @param initialDelayMs idle time before the first probe */
  setKeepAlive(on: boolean, initialDelayMs?: number): void;
}

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createId, formatAddress } from "@fairlead/core";
import type { Codec, FrameBatch } from "./codec.ts";
import type { BatchesOptions, CloseReason, Connection, SocketAddress } from "./connection.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import { connectionStream } from "./connection-stream.ts";
import { SocketError } from "./errors.ts";
import { readBatches, readChunk, readExactly, readFrames, readLine, readUntil } from "./reading.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { toSocketError } from "./system-errors.ts";

/**
 * The key under which a socket holds its connection. All sockets share the same event handlers, which find the connection by this
 * key.
 */
const owner = Symbol("fairlead connection");
type OwnedSocket = Socket & { [owner]: StreamConnection };

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[owner].onData(chunk);
}
function onEnd(this: OwnedSocket): void {
  this[owner].onEnd();
}
function onError(this: OwnedSocket, error: Error): void {
  this[owner].onError(error);
}
function onClose(this: OwnedSocket): void {
  this[owner].onClose();
}

/** A connection on a connected net.Socket. The connection owns the socket. */
export class StreamConnection implements Connection {
  readonly id: string;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  readonly openedAtMs: number;
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  #reason: CloseReason | undefined;
  #isOver = false;
  #hasPeerEnded = false;
  #closed: PromiseWithResolvers<CloseReason> | undefined;
  #peerEnded: PromiseWithResolvers<void> | undefined;
  /** Sweeps since the beginning, the last byte, and the end of our side (negative: not counted). */
  #ageSweeps = 0;
  #idleSweeps = 0;
  #lingerSweepsLeft = -1;

  readonly #onOver: ((connection: StreamConnection) => void) | undefined;

  constructor(
    socket: Socket,
    remote: SocketAddress,
    local: SocketAddress,
    settings: ConnectionSettings,
    onOver?: (connection: StreamConnection) => void,
  ) {
    this.openedAtMs = settings.clock.nowMs();
    this.id = createId();
    this.remote = remote;
    this.local = local;
    this.#socket = socket;
    this.#settings = settings;
    this.#onOver = onOver;
    this.#receiver = new Receiver(socket, remote, settings.maxChunkBytes);
    this.#sender = new Sender(socket, remote, settings.maxUnsentBytes);
    (socket as OwnedSocket)[owner] = this;
    socket.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
    settings.sweep.add(this);
  }

  get bytesReceived(): number {
    return this.#receiver.bytesReceived;
  }

  get bytesSent(): number {
    return this.#sender.bytesSent;
  }

  get bytesDiscarded(): number {
    return this.#receiver.bytesDiscarded;
  }

  get closed(): Promise<CloseReason> {
    this.#closed ??= Promise.withResolvers();
    if (this.#isOver) this.#closed.resolve(this.#reason!);
    return this.#closed.promise;
  }

  get peerEnded(): Promise<void> {
    this.#peerEnded ??= Promise.withResolvers();
    if (this.#hasPeerEnded) this.#peerEnded.resolve();
    return this.#peerEnded.promise;
  }

  /** True when an error has ended the connection or the connection was closed. Reads and sends then fail for that reason. */
  get isClosing(): boolean {
    return this.#isOver || this.#receiver.isFailed || this.#socket.destroyed;
  }

  read(): Promise<Buffer | undefined> {
    return readChunk(this.#receiver);
  }

  readExactly(bytes: number): Promise<Buffer> {
    return readExactly(this.#receiver, bytes);
  }

  readUntil(delimiter: Uint8Array | string, maxBytes: number): Promise<Buffer> {
    return readUntil(this.#receiver, delimiter, maxBytes);
  }

  readLine(maxBytes: number): Promise<string | undefined> {
    return readLine(this.#receiver, maxBytes);
  }

  batches(codec: Codec, options?: BatchesOptions): AsyncIterable<FrameBatch> {
    return readBatches(this.#receiver, codec, options);
  }

  frames(codec: Codec): AsyncIterable<Buffer> {
    return readFrames(this.#receiver, codec);
  }

  stopReading(): void {
    this.#receiver.stop();
  }

  send(data: Uint8Array | string): Promise<void> {
    return this.#sender.send(data, () => {
      this.#idleSweeps = 0;
    });
  }

  end(): Promise<void> {
    if (this.#reason === undefined && !this.#hasPeerEnded) this.#reason = "local";
    return this.#sender.end();
  }

  close(reason: CloseReason = "local"): void {
    if (this.#isOver || this.#socket.destroyed) return;
    this.#reason = reason;
    this.#fail(closedError(this.remote, reason), false);
    // The kernel would keep unsent bytes for minutes for a peer that takes nothing. A reset frees these bytes. (A Unix socket
    // has no reset, and the kernel keeps nothing after its close.)
    if (reason === "send-timeout" && this.remote.family !== "unix") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /**
   * Ends a connection gracefully whose handler is done. FIN follows the bytes that were sent, and the peer may end too. Bytes that
   * the peer still sends are thrown away. After `lingerSweeps` the connection is closed.
   */
  finish(lingerSweeps: number): void {
    this.#receiver.stop();
    const linger = () => {
      this.#lingerSweepsLeft = lingerSweeps;
    };
    this.end().then(linger, () => this.close());
  }

  stream(): Duplex {
    return connectionStream(this, this.#receiver);
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }

  setKeepAlive(on: boolean, initialDelayMs?: number): void {
    this.#socket.setKeepAlive(on, initialDelayMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  sweep(): void {
    const { firstByte, frame, idle, total, send } = this.#settings.limitSweeps;
    const receiver = this.#receiver;
    this.#ageSweeps++;
    // While received bytes wait for our reader, the peer is not idle.
    if (!receiver.isBehind) this.#idleSweeps++;
    if (receiver.isFrameOpen && receiver.isWaiting) receiver.frameSweeps++;
    if (this.#sender.isWaiting) this.#sender.waitingSweeps++;
    if (this.#sender.waitingSweeps > send) this.close("send-timeout");
    else if (receiver.bytesReceived === 0 && this.#ageSweeps > firstByte) this.close("first-byte-timeout");
    else if (receiver.frameSweeps > frame) this.close("frame-timeout");
    else if (this.#idleSweeps > idle) this.close("idle-timeout");
    else if (this.#ageSweeps > total) this.close("total-timeout");
    else if (this.#lingerSweepsLeft >= 0 && this.#lingerSweepsLeft-- === 0) this.close(this.#reason);
  }

  onData(chunk: Buffer): void {
    this.#idleSweeps = 0;
    this.#receiver.onData(chunk);
  }

  onEnd(): void {
    this.#reason ??= "peer-ended";
    this.#receiver.onEnd();
    this.#notePeerEnd();
  }

  onError(error: Error): void {
    const failure = toSocketError(error, `use the connection with ${formatAddress(this.remote)}`);
    if (!this.#receiver.isFailed) this.#reason = failure.code === "CONNECTION_RESET" ? "peer-reset" : "error";
    this.#fail(failure, true);
  }

  onClose(): void {
    this.#reason ??= "local";
    this.#isOver = true;
    this.#settings.sweep.remove(this);
    this.#fail(closedError(this.remote, this.#reason), true);
    this.#closed?.resolve(this.#reason);
    this.#onOver?.(this);
  }

  #fail(error: SocketError, keepsInbox: boolean): void {
    this.#sender.fail(error);
    this.#receiver.fail(error, keepsInbox);
    this.#notePeerEnd();
  }

  #notePeerEnd(): void {
    this.#hasPeerEnded = true;
    this.#peerEnded?.resolve();
  }
}

function closedError(remote: SocketAddress, reason: CloseReason): SocketError {
  const isTimeout = reason.endsWith("-timeout");
  const what = `Cannot use the connection with ${formatAddress(remote)}: it is closed (${reason})`;
  return new SocketError(isTimeout ? "TIMED_OUT" : "CONNECTION_CLOSED", what, { data: { reason } });
}

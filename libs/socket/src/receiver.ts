import type { Socket } from "node:net";
import { formatAddress } from "@fairlead/core";
import type { SocketAddress } from "./connection.ts";
import { SocketError } from "./errors.ts";
import { Inbox } from "./inbox.ts";

interface Waiter {
  resolve(hasMore: boolean): void;
  reject(error: SocketError): void;
}

/**
 * The receiving half of a connection. While a reader waits, bytes go straight to the inbox. While no reader waits, one chunk is
 * read ahead, and then the socket is not read any more: the kernel's window closes and the peer waits.
 */
export class Receiver {
  readonly remote: SocketAddress;
  readonly inbox = new Inbox();
  readonly maxChunkBytes: number;
  bytesReceived = 0;
  /** True while the reader wants the bytes that were received before an end on our side, too. */
  keepsRest = false;
  #discardedBytes = 0;
  /** The reader has the beginning of a frame and waits for the rest. */
  isFrameOpen = false;
  /** Sweeps during which the reader waited for the rest of the same frame. The time of the reader itself is not counted. */
  frameSweeps = 0;
  readonly #socket: Socket;
  #outcome: "open" | "ended" | "stopped" | SocketError = "open";
  /** The chunk that filled the inbox. The chunk was handed back to the stream, which stops its reading at once. */
  #parked: Buffer | undefined;
  #waiter: Waiter | undefined;
  #isTaken = false;

  constructor(socket: Socket, remote: SocketAddress, maxChunkBytes: number) {
    this.#socket = socket;
    this.remote = remote;
    this.maxChunkBytes = maxChunkBytes;
  }

  /** Received bytes that no reader has taken or will take. */
  get bytesDiscarded(): number {
    const isOver = this.#outcome !== "open" && this.#outcome !== "ended";
    return this.#discardedBytes + (isOver ? this.inbox.length : 0);
  }

  get isWaiting(): boolean {
    return this.#waiter !== undefined;
  }

  get isStopped(): boolean {
    return this.#outcome === "stopped";
  }

  get isFailed(): boolean {
    return this.#outcome instanceof SocketError;
  }

  /** True when the reader has not asked for bytes that were received. */
  get isBehind(): boolean {
    return this.inbox.length > 0 || this.#parked !== undefined;
  }

  /** One reader at a time. @throws {SocketError} ALREADY_READING */
  lock(): void {
    if (this.#isTaken) throw this.error("ALREADY_READING", "another read of this connection is not finished");
    this.#isTaken = true;
  }

  unlock(): void {
    this.#isTaken = false;
    this.keepsRest = false;
    this.isFrameOpen = false;
    this.frameSweeps = 0;
  }

  onData(chunk: Buffer): void {
    const wasParked = this.#parked !== undefined;
    if (wasParked) this.#parked = undefined;
    else this.bytesReceived += chunk.length;
    if (this.#outcome !== "open") {
      // The parked chunk was counted or kept when the reading ended.
      if (!wasParked) this.#discardedBytes += chunk.length;
      return;
    }
    if (this.#waiter !== undefined) {
      this.inbox.append(chunk);
      this.#settle()?.resolve(true);
    } else if (this.inbox.length + chunk.length < this.maxChunkBytes) {
      this.inbox.append(chunk);
    } else {
      // Only a stream whose buffer is full stops reading in this very call. `pause` alone would read one more chunk.
      this.#parked = chunk;
      this.#socket.pause();
      this.#socket.unshift(chunk);
    }
  }

  onEnd(): void {
    if (this.#outcome === "open") this.#outcome = "ended";
    this.#settle()?.resolve(false);
  }

  /** Ends the receiving. Bytes that were received before are still given when the peer was the cause. */
  fail(error: SocketError, keepsInbox: boolean): void {
    if (this.isFailed || (keepsInbox && this.#outcome !== "open")) return;
    const wasStopped = this.isStopped;
    this.#outcome = error;
    // A stop has settled the parked chunk already.
    if (this.#parked !== undefined && !wasStopped) this.inbox.append(this.#parked);
    this.#parked = undefined;
    if (!keepsInbox && !this.keepsRest) this.#discardInbox();
    if (this.inbox.length > 0) this.#settle()?.resolve(true);
    else this.#settle()?.reject(error);
  }

  stop(): void {
    if (this.#outcome === "open" || this.#outcome === "ended") {
      this.#outcome = "stopped";
      if (this.#parked !== undefined) this.inbox.append(this.#parked);
    }
    if (!this.keepsRest) this.#discardInbox();
    this.#socket.resume();
    this.#settle()?.resolve(false);
  }

  #discardInbox(): void {
    this.#discardedBytes += this.inbox.length;
    this.inbox.clear();
  }

  /** Resolves with true when bytes were added to the inbox, with false when none will be. @throws {SocketError} */
  more(): Promise<boolean> {
    if (this.#outcome instanceof SocketError) return Promise.reject(this.#outcome);
    if (this.#outcome !== "open") return Promise.resolve(false);
    if (this.#parked !== undefined) this.#socket.resume();
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  error(code: SocketError["code"], why: string): SocketError {
    return new SocketError(code, `Cannot read from ${formatAddress(this.remote)}: ${why}`);
  }

  #settle(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }
}

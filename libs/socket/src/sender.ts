import type { Socket } from "node:net";
import { formatAddress } from "@fairlead/core";
import type { SocketAddress } from "./connection.ts";
import { SocketError } from "./errors.ts";
import { toSocketError } from "./system-errors.ts";

/** The sending half of a connection. */
export class Sender {
  bytesSent = 0;
  /** Sweeps since the oldest waiting send was begun, or the send before was done. */
  waitingSweeps = 0;
  readonly #socket: Socket;
  readonly #remote: SocketAddress;
  readonly #maxUnsentBytes: number;
  #unsentBytes = 0;
  #waiting = 0;
  #end: Promise<void> | undefined;
  /** Why the connection is over. Every send that was not taken fails with this error. */
  #failure: SocketError | undefined;

  constructor(socket: Socket, remote: SocketAddress, maxUnsentBytes: number) {
    this.#socket = socket;
    this.#remote = remote;
    this.#maxUnsentBytes = maxUnsentBytes;
  }

  get isWaiting(): boolean {
    return this.#waiting > 0;
  }

  fail(error: SocketError): void {
    this.#failure ??= error;
  }

  send(data: Uint8Array | string, onTaken: () => void): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#end) {
      return Promise.reject(this.#refusal("CONNECTION_CLOSED", "the sending direction was ended", false));
    }
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
    if (bytes === 0) return Promise.resolve();
    if (this.#waiting > 0 && this.#unsentBytes + bytes > this.#maxUnsentBytes) {
      const why = `${this.#unsentBytes} of ${this.#maxUnsentBytes} bytes wait for the peer`;
      return Promise.reject(this.#refusal("SEND_BUFFER_FULL", why, true));
    }
    this.#unsentBytes += bytes;
    return this.#wait((done) => this.#socket.write(data, done)).then(() => {
      this.#unsentBytes -= bytes;
      this.bytesSent += bytes;
      onTaken();
    });
  }

  end(): Promise<void> {
    if (this.#failure && !this.#end) return Promise.reject(this.#failure);
    this.#end ??= this.#wait((done) => this.#socket.end(done));
    return this.#end;
  }

  #wait(begin: (done: (error?: Error | null) => void) => void): Promise<void> {
    if (this.#waiting++ === 0) this.waitingSweeps = 0;
    return new Promise((resolve, reject) => {
      begin((error) => {
        this.#waiting--;
        this.waitingSweeps = 0;
        if (error) reject(this.#failure ?? toSocketError(error, `send to ${formatAddress(this.#remote)}`));
        else resolve();
      });
    });
  }

  #refusal(code: SocketError["code"], why: string, retryable: boolean): SocketError {
    return new SocketError(code, `Cannot send to ${formatAddress(this.#remote)}: ${why}`, { retryable });
  }
}

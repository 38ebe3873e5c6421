import type { RemoteInfo, Socket } from "node:dgram";
import { formatAddress, WakeUp } from "@fairlead/core";
import { addressFamily, internetAddress } from "./address.ts";
import type { SocketAddress } from "./connection.ts";
import { DatagramPile } from "./datagram-pile.ts";
import { SocketError } from "./errors.ts";
import type { KernelDrops } from "./kernel-drops.ts";
import { noteOwnSocket } from "./own-udp-sockets.ts";
import { toSocketError } from "./system-errors.ts";
import type { DatagramBatch, ReceiveBuffer, UdpSocket, UdpStats, UdpTarget } from "./udp.ts";

export interface BoundUdp {
  readonly socket: Socket;
  readonly local: SocketAddress;
  readonly drops: KernelDrops | undefined;
  readonly receiveBuffer: ReceiveBuffer;
  readonly maxPendingDatagrams: number;
  readonly maxPendingBytes: number;
  readonly maxUnsentBytes: number;
  readonly multicastInterface: string | undefined;
  readonly onError: ((error: Error) => void) | undefined;
}

/** A bound UDP socket. The constructor starts the reading. */
export class BoundUdpSocket implements UdpSocket {
  readonly local: SocketAddress;
  readonly receiveBuffer: ReceiveBuffer;
  remote: SocketAddress | undefined;
  readonly #bound: BoundUdp;
  readonly #socket: Socket;
  readonly #closed = Promise.withResolvers<void>();
  #pile = new DatagramPile();
  /** A datagram came, or the socket was closed. */
  readonly #change = new WakeUp();
  #isWaking = false;
  #isClosed = false;
  /** True when the socket drains or is closed: nothing more is sent. */
  #isShut = false;
  #isConsumed = false;
  #received = 0;
  #receivedBytes = 0;
  #overflowDropped = 0;
  #overflowDroppedBytes = 0;
  #sent = 0;
  #sentBytes = 0;
  #unsentBytes = 0;
  #errors = 0;

  constructor(bound: BoundUdp) {
    this.#bound = bound;
    this.#socket = bound.socket;
    this.local = bound.local;
    this.receiveBuffer = bound.receiveBuffer;
    this.#socket.on("message", (payload, info) => this.#onMessage(payload, info));
    this.#socket.on("error", (error) => {
      this.#errors++;
      bound.onError?.(toSocketError(error, `use UDP ${formatAddress(this.local)}`));
    });
    const noted = noteOwnSocket(bound.local);
    this.#socket.on("close", () => {
      noted[Symbol.dispose]();
      this.#isClosed = true;
      this.#change.wake();
      this.#closed.resolve();
    });
  }

  get stats(): UdpStats {
    return {
      received: this.#received,
      receivedBytes: this.#receivedBytes,
      overflowDropped: this.#overflowDropped,
      overflowDroppedBytes: this.#overflowDroppedBytes,
      pending: this.#pile.count,
      pendingBytes: this.#pile.payloadBytes,
      sent: this.#sent,
      sentBytes: this.#sentBytes,
      errors: this.#errors,
    };
  }

  kernelDrops(): number | undefined {
    return this.#bound.drops?.read();
  }

  async *batches(): AsyncGenerator<DatagramBatch, void> {
    if (this.#isConsumed) throw this.#error("ALREADY_READING", "receive", "another consumer has its batches");
    this.#isConsumed = true;
    try {
      for (;;) {
        if (this.#pile.count > 0) {
          const batch = this.#pile;
          this.#pile = new DatagramPile(batch);
          yield batch;
        } else if (this.#isClosed) return;
        else await this.#change.next();
      }
    } finally {
      this.#isConsumed = false;
    }
  }

  async send(data: Uint8Array | string, to?: UdpTarget): Promise<void> {
    if (this.#isShut) throw this.#error("CONNECTION_CLOSED", "send", "the socket is closed");
    if (to === undefined && this.remote === undefined) {
      throw this.#error("BAD_OPTION", "send", "it is not connected: name a target");
    }
    const payload = typeof data === "string" ? Buffer.from(data) : data;
    const bytes = payload.byteLength;
    if (this.#unsentBytes > 0 && this.#unsentBytes + bytes > this.#bound.maxUnsentBytes) {
      const why = `${this.#unsentBytes} of ${this.#bound.maxUnsentBytes} bytes wait for the kernel`;
      throw this.#error("SEND_BUFFER_FULL", "send", why, true);
    }
    this.#unsentBytes += bytes;
    const target = to ?? this.remote;
    try {
      await this.#call((done) => {
        if (to === undefined) this.#socket.send(payload, done);
        else this.#socket.send(payload, to.port, this.#reachable(to.host), done);
      });
    } catch (error) {
      throw toSocketError(
        error,
        `send ${bytes} bytes to ${target ? `${target.host}:${target.port}` : "nobody"}`,
      );
    } finally {
      this.#unsentBytes -= bytes;
    }
    this.#sent++;
    this.#sentBytes += bytes;
  }

  async connect(to: UdpTarget): Promise<void> {
    try {
      await this.#call((done) => this.#socket.connect(to.port, this.#reachable(to.host), done));
    } catch (error) {
      throw toSocketError(error, `connect UDP ${formatAddress(this.local)} to ${to.host}:${to.port}`);
    }
    const { address, port } = this.#socket.remoteAddress();
    this.remote = internetAddress(address, port);
  }

  disconnect(): void {
    if (this.remote === undefined) return;
    this.remote = undefined;
    this.#try("disconnect", () => this.#socket.disconnect());
  }

  setBroadcast(on: boolean): void {
    this.#try("set broadcast of", () => this.#socket.setBroadcast(on));
  }

  joinMulticast(group: string, networkInterface = this.#bound.multicastInterface): void {
    this.#try(`join ${group} on`, () => this.#socket.addMembership(group, networkInterface));
  }

  leaveMulticast(group: string, networkInterface = this.#bound.multicastInterface): void {
    this.#try(`leave ${group} on`, () => this.#socket.dropMembership(group, networkInterface));
  }

  async drain(): Promise<void> {
    if (this.#isShut) return this.#closed.promise;
    if (await this.#shut()) {
      // A turn of the loop reads a ready socket. When two turns bring nothing, the kernel's queue is empty.
      for (let quiet = 0, seen = this.#received; quiet < 2 && !this.#isClosed; seen = this.#received) {
        await new Promise((resolve) => setImmediate(resolve));
        quiet = this.#received === seen ? quiet + 1 : 0;
      }
    }
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isShut = true;
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#bound.drops?.finish();
      this.#socket.close();
    }
    await this.#closed.promise;
  }

  #onMessage(payload: Buffer, info: RemoteInfo): void {
    const bytes = payload.length;
    this.#received++;
    this.#receivedBytes += bytes;
    const pile = this.#pile;
    if (
      pile.count >= this.#bound.maxPendingDatagrams ||
      pile.payloadBytes + bytes > this.#bound.maxPendingBytes
    ) {
      this.#overflowDropped++;
      this.#overflowDroppedBytes += bytes;
      return;
    }
    pile.add(payload, info.address, info.port);
    if (!this.#change.isAwaited || this.#isWaking) return;
    // The consumer wakes after all reads of this turn of the loop: one promise serves up to 32 datagrams.
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      this.#change.wake();
    });
  }

  /**
   * Connects the socket to itself: then no other peer reaches the socket, and the kernel keeps the datagrams that wait. False
   * where that is not possible.
   */
  async #shut(): Promise<boolean> {
    const { host, port } = this.local;
    const self = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
    try {
      this.disconnect();
      this.#isShut = true;
      await this.#call((done) => this.#socket.connect(port, self, done));
      return true;
    } catch {
      return false;
    }
  }

  /** A dual-stack socket reaches IPv4 peers by their mapped address. */
  #reachable(host: string): string {
    return this.local.family === "ipv6" && addressFamily(host) === "ipv4" ? `::ffff:${host}` : host;
  }

  #call(begin: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      begin((error) => (error ? reject(error) : resolve()));
    });
  }

  #try(verb: string, change: () => void): void {
    try {
      change();
    } catch (error) {
      throw toSocketError(error, `${verb} UDP ${formatAddress(this.local)}`);
    }
  }

  #error(code: SocketError["code"], verb: string, why: string, retryable = false): SocketError {
    return new SocketError(code, `Cannot ${verb} on UDP ${formatAddress(this.local)}: ${why}`, { retryable });
  }
}

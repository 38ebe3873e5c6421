import { connect, type Socket } from "node:net";
import { within } from "./deadline.ts";

/**
 * A TCP client on nothing but node:net, so that a test does not check our sockets against our sockets. It may send
 * after the other side has ended, and notices nothing but bytes, the end and an error.
 */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly #closed: Promise<void>;
  #received: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  #error: Error | undefined;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on("end", () => this.#end());
    socket.on("error", (error) => {
      this.#error = error;
    });
    this.#closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#end();
        resolve();
      });
    });
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** @param target a port of 127.0.0.1, another address, or the path of a Unix socket */
  static async dial(target: number | { host: string; port: number } | { path: string }): Promise<RawClient> {
    const options = typeof target === "number" ? { host: "127.0.0.1", port: target } : target;
    const socket = connect({ ...options, allowHalfOpen: true, noDelay: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new RawClient(socket);
  }

  /** What came and was not read yet. */
  get received(): Buffer {
    return this.#received;
  }

  /** The error that ended the connection: ECONNRESET after a reset. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Resolves when the bytes are handed to the kernel. */
  send(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Half-close: nothing more will be sent; reading goes on. */
  end(): void {
    this.socket.end();
  }

  /** Closes with a TCP reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Reads no more, so that the window of the other side fills. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  async #until(length: () => number | undefined, what: string, timeoutMs?: number): Promise<Buffer> {
    for (;;) {
      const found = length();
      if (found !== undefined) return this.#take(found);
      if (this.#hasEnded) {
        const how = this.#error ? `ended with ${this.#error.message}` : "ended";
        throw new Error(`Cannot read ${what}: the connection ${how} after ${JSON.stringify(this.#text())}`);
      }
      await within(this.#changed.promise, () => `${what}, only ${JSON.stringify(this.#text())}`, timeoutMs);
    }
  }

  #text(): string {
    return this.#received.subarray(0, 200).toString();
  }

  /** Everything up to and with the delimiter. Fails when the connection ends or the time (5 minutes) runs out before. */
  readUntil(delimiter: string | Uint8Array, timeoutMs?: number): Promise<Buffer> {
    const wanted = Buffer.from(delimiter);
    const length = () => {
      const at = this.#received.indexOf(wanted);
      return at < 0 ? undefined : at + wanted.length;
    };
    return this.#until(length, JSON.stringify(wanted.toString()), timeoutMs);
  }

  /** A line without its LF. */
  async readLine(timeoutMs?: number): Promise<string> {
    return (await this.readUntil("\n", timeoutMs)).toString().slice(0, -1);
  }

  readExactly(bytes: number, timeoutMs?: number): Promise<Buffer> {
    return this.#until(
      () => (this.#received.length >= bytes ? bytes : undefined),
      `${bytes} bytes`,
      timeoutMs,
    );
  }

  /** Everything until the other side ends or resets. */
  readAll(timeoutMs?: number): Promise<Buffer> {
    return this.#until(() => (this.#hasEnded ? this.#received.length : undefined), "the end", timeoutMs);
  }

  /** Resolves when the connection is closed on both sides. */
  closed(timeoutMs?: number): Promise<void> {
    return within(this.#closed, "the close of the connection", timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.#closed;
  }
}

/** Connects, sends, half-closes, and gives everything that comes back: `nc -N` as a function. */
export async function exchange(
  target: Parameters<typeof RawClient.dial>[0],
  data: string | Uint8Array,
): Promise<string> {
  await using client = await RawClient.dial(target);
  await client.send(data);
  client.end();
  return (await client.readAll()).toString();
}

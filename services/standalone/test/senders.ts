import { connect, type Socket } from "node:net";

/**
 * A client of fifteen lines: sends numbered lines without waiting for more than a window of acknowledgements, and counts
 * what was acknowledged. Nothing but node:net, so that our sockets are not tested against themselves.
 */
export class Sender {
  readonly name: string;
  readonly #socket: Socket;
  readonly #linesPerWrite: number;
  #sent = 0;
  #acknowledged = 0;
  #received = "";
  /** The last ERR line. */
  error: string | undefined;
  readonly closed: Promise<void>;
  readonly #connected: Promise<void>;
  #isStopped = false;
  #wake: () => void = () => {};

  constructor(name: string, port: number, linesPerWrite: number) {
    this.name = name;
    this.#linesPerWrite = linesPerWrite;
    this.#socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    this.closed = new Promise((resolve) => this.#socket.once("close", () => resolve()));
    this.#socket.on("error", () => {});
    this.#connected = new Promise((resolve) => this.#socket.once("connect", () => resolve()));
    this.#socket.on("connect", () => this.#send());
    this.#socket.on("data", (chunk) => this.#read(chunk.toString()));
    // Nobody reads what is sent now.
    this.#socket.on("end", () => this.#socket.destroy());
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get sent(): number {
    return this.#sent;
  }

  /** The text of line number `index`, counting from 1. */
  static line(name: string, index: number): string {
    return `${name} ${index} ${"x".repeat(index % 90)}`;
  }

  #send(): void {
    // A window of four writes: enough to have something under way at every moment, bounded.
    while (!this.#isStopped && this.#sent - this.#acknowledged < 4 * this.#linesPerWrite) {
      let text = "";
      for (let line = 0; line < this.#linesPerWrite; line++)
        text += `${Sender.line(this.name, ++this.#sent)}\n`;
      this.#socket.write(text);
    }
  }

  #read(text: string): void {
    const lines = (this.#received + text).split("\n");
    this.#received = lines.pop() ?? "";
    for (const line of lines) {
      const ok = /^OK (\d+)$/.exec(line);
      if (ok) this.#acknowledged = Number(ok[1]);
      else this.error = line;
    }
    this.#wake();
    this.#send();
  }

  /** Resolves when the first lines are sent, or the connection is over. From then on more is sent than acknowledged. */
  async untilSent(): Promise<void> {
    await Promise.race([this.#connected, this.closed]);
  }

  /** Resolves when so many lines are acknowledged, or the connection is over. */
  async untilAcknowledged(count: number): Promise<void> {
    const isOver = this.closed.then(() => true);
    while (this.#acknowledged < count) {
      const woken = new Promise<boolean>((resolve) => {
        this.#wake = () => resolve(false);
      });
      if (await Promise.race([woken, isOver])) return;
    }
  }

  /** Sends nothing more and half-closes; `closed` resolves when the other side has answered everything. */
  stop(): void {
    this.#isStopped = true;
    this.#socket.end();
  }

  destroy(): void {
    this.#isStopped = true;
    this.#socket.destroy();
  }
}

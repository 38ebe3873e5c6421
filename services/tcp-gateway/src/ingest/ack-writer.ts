import type { Connection } from "@fairlead/socket";
import { encodeOk } from "./client-lines.ts";

/** Told when everything is written, or nothing more will be. */
export interface AckOwner {
  onAcksWritten(): void;
}

/**
 * Writes the acknowledgements of one connection: at once when the line is idle, one for many while a write waits for the
 * peer. Holds one number and the lines that must stand before it.
 */
export class AckWriter {
  readonly #connection: Connection;
  readonly #owner: AckOwner;
  readonly #counted: { acks: number };
  #lines = "";
  #records = 0;
  #acknowledged = 0;
  #isScheduled = false;
  #isSending = false;
  #isOver = false;

  /** @param counted counts every OK that is written */
  constructor(connection: Connection, counted: { acks: number }, owner: AckOwner) {
    this.#connection = connection;
    this.#counted = counted;
    this.#owner = owner;
  }

  /** True while the peer does not take what was written: nothing should be read from it. */
  get isBlocked(): boolean {
    return this.#isSending;
  }

  /** True when everything was written, or the peer is gone. */
  get isIdle(): boolean {
    return this.#isOver || (!this.#isSending && !this.#isScheduled && this.#lines === "");
  }

  /** Records up to here are durable. What is told in one turn of the microtasks is written as one. */
  acknowledge(records: number): void {
    if (records === this.#records) return;
    this.#records = records;
    this.#schedule();
  }

  /** A line that stands behind the OK for everything acknowledged so far, and before the next one. */
  say(line: string): void {
    this.#lines += this.#takeOk() + line;
    this.#schedule();
  }

  #takeOk(): string {
    if (this.#records === this.#acknowledged) return "";
    this.#acknowledged = this.#records;
    this.#counted.acks++;
    return encodeOk(this.#records);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isSending || this.#isOver) return;
    this.#isScheduled = true;
    // Group commit settles many publishes in a row: let all of them be counted before one line is written.
    queueMicrotask(() => {
      this.#isScheduled = false;
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#isSending = true;
    try {
      for (let text = this.#take(); text !== ""; text = this.#take()) await this.#connection.send(text);
    } catch {
      // The peer is gone, or does not read within the limit; the reader meets the same and ends the session.
      this.#isOver = true;
    }
    this.#isSending = false;
    this.#owner.onAcksWritten();
  }

  #take(): string {
    const text = this.#lines + this.#takeOk();
    this.#lines = "";
    return text;
  }
}

import type { LoggedEvent } from "../bus.ts";
import { type BusError, busErrorFrom } from "../errors.ts";
import type { LogReply, LogRequest } from "./protocol.ts";
import { decodeRecords } from "./record.ts";

/** Events of one portion of the log; the search goes on after `scannedThrough`. */
export interface ReadPortion {
  readonly events: readonly LoggedEvent[];
  readonly scannedThrough: number;
  /** What the data of the events are views of. */
  readonly buffer?: ArrayBuffer;
}

/** Buffers kept for the next reads, and how large each may be. */
const spareBuffers = 4;
const spareBytes = 2 << 20;

interface Waiting {
  readonly after: number;
  resolve(portion: ReadPortion): void;
  reject(error: Error): void;
}

/** Reads that were asked of the thread and are not answered. */
export class Reads {
  readonly #send: (request: LogRequest, transfer: ArrayBuffer[]) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #spares: ArrayBuffer[] = [];
  #nextId = 1;

  constructor(send: (request: LogRequest, transfer: ArrayBuffer[]) => void) {
    this.#send = send;
  }

  /** @throws {BusError} BUS_FAILED when the disk does not answer */
  ask(after: number, through: number, types: readonly string[] | undefined): Promise<ReadPortion> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { after, resolve, reject });
      const buffer = this.#spares.pop();
      this.#send({ kind: "read", id, after, through, types, buffer }, buffer ? [buffer] : []);
    });
  }

  /** Takes the memory of a portion for later ones: its events must not be touched any more. */
  recycle({ buffer }: ReadPortion): void {
    if (buffer && this.#spares.length < spareBuffers && buffer.byteLength <= spareBytes)
      this.#spares.push(buffer);
  }

  answer(reply: Extract<LogReply, { kind: "rows" | "unread" }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === "unread") {
      waiting?.reject(busErrorFrom(reply.error));
      return;
    }
    const { buffer, count, scannedThrough } = reply;
    waiting?.resolve({ events: decodeRecords(Buffer.from(buffer), count), scannedThrough, buffer });
  }

  /** The thread is gone: the readers ask again, which is safe to repeat. */
  askAgain(): void {
    for (const { after, resolve } of this.#waiting.values()) resolve({ events: [], scannedThrough: after });
    this.#waiting.clear();
  }

  rejectAll(error: BusError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

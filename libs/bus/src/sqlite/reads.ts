import type { LoggedEvent } from "../bus.ts";
import { type BusError, busErrorFrom } from "../errors.ts";
import type { LogReply, LogRequest } from "./protocol.ts";
import { decodeRecords } from "./record.ts";

/** Events of one portion of the log; the search goes on after `scannedThrough`. */
export interface ReadPortion {
  readonly events: readonly LoggedEvent[];
  readonly scannedThrough: number;
}

interface Waiting {
  readonly after: number;
  resolve(portion: ReadPortion): void;
  reject(error: Error): void;
}

/** Reads that were asked of the thread and are not answered. */
export class Reads {
  readonly #send: (request: LogRequest) => void;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(send: (request: LogRequest) => void) {
    this.#send = send;
  }

  /** @throws {BusError} BUS_FAILED when the disk does not answer */
  ask(after: number, through: number, types: readonly string[] | undefined): Promise<ReadPortion> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { after, resolve, reject });
      this.#send({ kind: "read", id, after, through, types });
    });
  }

  answer(reply: Extract<LogReply, { kind: "rows" | "unread" }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === "unread") {
      waiting?.reject(busErrorFrom(reply.error));
      return;
    }
    const { buffer, count, scannedThrough } = reply;
    waiting?.resolve({ events: decodeRecords(Buffer.from(buffer), count), scannedThrough });
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

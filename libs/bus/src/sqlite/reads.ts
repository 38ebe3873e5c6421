import type { LoggedEvent } from "../bus.ts";
import { decodeRecords } from "./record.ts";
import type { LogRequest, Rows } from "./thread-messages.ts";

/** Events of one portion of the log; the search goes on after `scannedThrough`. */
export interface ReadPortion {
  readonly events: readonly LoggedEvent[];
  readonly scannedThrough: number;
  /** The memory that the data of the events are views of. */
  readonly buffer?: ArrayBuffer;
}

/** Buffers kept for the next reads, and how large each may be. */
const spareBuffers = 4;
const spareBytes = 2 << 20;

/** Asks the thread for portions of the log, in memory that is used again. */
export class Reads {
  readonly #ask: (request: LogRequest, transfer: ArrayBuffer[]) => Promise<Rows>;
  readonly #spares: ArrayBuffer[] = [];

  constructor(ask: (request: LogRequest, transfer: ArrayBuffer[]) => Promise<Rows>) {
    this.#ask = ask;
  }

  /** @throws {BusError} BUS_FAILED when the disk does not answer, or the thread has ended */
  async ask(after: number, through: number, types: readonly string[] | undefined): Promise<ReadPortion> {
    const spare = this.#spares.pop();
    const request: LogRequest = { kind: "read", after, through, types, buffer: spare };
    const { buffer, count, scannedThrough } = await this.#ask(request, spare ? [spare] : []);
    return { events: decodeRecords(Buffer.from(buffer), count), scannedThrough, buffer };
  }

  /** Takes the memory of a portion for later ones: its events must not be touched any more. */
  recycle({ buffer }: ReadPortion): void {
    if (buffer && this.#spares.length < spareBuffers && buffer.byteLength <= spareBytes)
      this.#spares.push(buffer);
  }
}

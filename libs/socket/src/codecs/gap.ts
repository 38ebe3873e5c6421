import type { Assembly } from "./assembly.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The bytes between two frames that begin with a start byte. CR and LF are passed over, other bytes are rejected. */
export class Gap {
  readonly #startByte: number;
  /** True within a run of other bytes. A run counts once, however the chunks cut the run. */
  #isRejected = false;

  constructor(startByte: number) {
    this.#startByte = startByte;
  }

  /** The place behind the start byte; -1 when the start byte has not come. @throws {FramingError} FRAME_INVALID, policy `close` */
  scan(chunk: Buffer, start: number, frames: Assembly): number {
    const found = chunk.indexOf(this.#startByte, start);
    const end = found === -1 ? chunk.length : found;
    let at = start;
    for (; at < end && !this.#isRejected; at++) {
      if (chunk[at] === lineFeed || chunk[at] === carriageReturn) continue;
      frames.reject(`byte ${chunk[at]} stands where only a frame may begin`);
      frames.lose(1);
      this.#isRejected = true;
    }
    frames.lose(end - at);
    if (found === -1) return -1;
    this.#isRejected = false;
    return found + 1;
  }
}

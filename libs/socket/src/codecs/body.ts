import type { Assembly } from "./assembly.ts";
import { frameInvalid } from "./framing-errors.ts";

/** A body of known size, with at most one byte that must follow the body. */
export class Body {
  readonly #trailer: number | undefined;
  #left = 0;
  /** True while the body has begun and is not complete. */
  isOpen = false;

  constructor(trailer?: number) {
    this.#trailer = trailer;
  }

  open(bytes: number): void {
    this.#left = bytes;
    this.isOpen = true;
  }

  /**
   * @param from the place where the frame begins in this chunk: before `start` when a header is part of the frame
   * @param start the place where the body, or the rest of the body, begins
   * @returns the end of the body, or the end of the chunk
   */
  scan(chunk: Buffer, from: number, start: number, frames: Assembly): number {
    const end = Math.min(chunk.length, start + this.#left);
    this.#left -= end - start;
    const needsMore = this.#left > 0 || (this.#trailer !== undefined && end === chunk.length);
    if (needsMore) {
      frames.add(chunk, from, end);
      return end;
    }
    if (this.#trailer !== undefined && chunk[end] !== this.#trailer) {
      throw frameInvalid(`byte ${chunk[end]} follows its body, not ${this.#trailer}`);
    }
    this.isOpen = false;
    frames.finish(chunk, from, end);
    return this.#trailer === undefined ? end : end + 1;
  }
}

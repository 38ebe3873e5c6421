import type { FrameBatch } from "../codec.ts";

const lineFeed = 0x0a;

/** Frames that lie in one piece, each ended by LF. The place of a frame is searched when that frame is asked for. */
export class LineBatch implements FrameBatch {
  readonly lines: Buffer;
  readonly count: number;
  readonly ownsLines: boolean;
  dropped = 0;
  truncated = 0;
  lostBytes = 0;
  /** The ends of the lines, as far as frames were asked for. */
  readonly #ends: number[] = [];

  constructor(lines: Buffer, count: number, ownsLines: boolean) {
    this.lines = lines;
    this.count = count;
    this.ownsLines = ownsLines;
  }

  get payloadBytes(): number {
    return this.lines.length - this.count;
  }

  frame(index: number): Buffer {
    const ends = this.#ends;
    while (ends.length <= index) ends.push(this.lines.indexOf(lineFeed, ends.length && ends.at(-1)! + 1));
    return this.lines.subarray(index && ends[index - 1]! + 1, ends[index]!);
  }
}

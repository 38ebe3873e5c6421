import type { Decoder } from "../codec.ts";
import { decoderFailed, frameTooLarge } from "./framing-errors.ts";
import { Held } from "./held.ts";
import { LineBatch } from "./line-batch.ts";
import type { FrameLimits } from "./options.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const crlf = Buffer.from("\r\n");
const nothing = Buffer.alloc(0);

/**
 * Decodes lines that end in LF, for throughput: the lines of a chunk go on as one piece. A line that began in the chunk before
 * costs one copy of the complete lines. A CRLF that is stripped, and a line over the cap, cost a pass line by line.
 */
export class LineDecoder implements Decoder {
  readonly #limits: FrameLimits;
  readonly #stripsCr: boolean;
  /** The beginning of a line: at most the cap, and one CR that may belong to the end of the line. */
  readonly #held: Held;
  /**
   * True when the current line is over the cap. Such a line is passed over up to its LF. With `truncate` the beginning of the line
   * is still held.
   */
  #isOver = false;
  #hasFailed = false;
  /** Bytes that were held before the current call, and those of its chunk. */
  #given = 0;

  constructor(limits: FrameLimits, stripsCr: boolean) {
    this.#limits = limits;
    this.#stripsCr = stripsCr;
    this.#held = new Held(limits.maxFrameBytes + 1);
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  get isFrameOpen(): boolean {
    return this.#held.length > 0 || this.#isOver;
  }

  push(chunk: Buffer): LineBatch {
    if (this.#hasFailed) throw decoderFailed();
    this.#given = this.#held.length + chunk.length;
    let start = 0;
    let truncated = 0;
    let lost = 0;
    if (this.#isOver) {
      const end = chunk.indexOf(lineFeed);
      if (end === -1) return lostBatch(chunk.length);
      this.#isOver = false;
      lost = end;
      if (this.#held.length > 0) {
        // The cut part is left out, and the LF ends the held bytes.
        start = end;
        truncated = 1;
      } else {
        start = end + 1;
      }
    }
    const end = Math.max(chunk.lastIndexOf(lineFeed) + 1, start);
    const batch = this.#complete(chunk, start, end);
    batch.truncated += truncated;
    batch.lostBytes += lost;
    this.#hold(chunk, end, batch);
    return batch;
  }

  /** The rest that no LF has ended is a line. */
  end(): LineBatch {
    if (this.#hasFailed) throw decoderFailed();
    if (this.#held.length > 0) return this.push(Buffer.of(lineFeed));
    return new LineBatch(nothing, 0, true);
  }

  /** The held bytes and a part of the chunk that ends with LF. */
  #complete(chunk: Buffer, start: number, end: number): LineBatch {
    if (start === end) return new LineBatch(nothing, 0, true);
    const isSplit = this.#held.length > 0;
    const lines = isSplit ? this.#held.takeWith(chunk, start, end) : chunk.subarray(start, end);
    const count = this.#stripsCr && lines.includes(crlf) ? undefined : this.#count(lines);
    return count === undefined ? this.#sift(lines) : new LineBatch(lines, count, isSplit);
  }

  /** The number of lines. Undefined when a line is over the cap. */
  #count(lines: Buffer): number | undefined {
    let count = 0;
    for (let start = 0; start < lines.length; count++) {
      const end = lines.indexOf(lineFeed, start);
      if (end - start > this.#limits.maxFrameBytes) return undefined;
      start = end + 1;
    }
    return count;
  }

  /** Writes the lines anew, without the CR that is stripped, and applies the policy to the lines over the cap. */
  #sift(lines: Buffer): LineBatch {
    const { maxFrameBytes, oversize } = this.#limits;
    const sifted = Buffer.allocUnsafe(lines.length);
    let [length, count, dropped, truncated, lostBytes] = [0, 0, 0, 0, 0];
    const batch = () =>
      Object.assign(new LineBatch(sifted.subarray(0, length), count, true), {
        dropped,
        truncated,
        lostBytes,
      });
    for (let start = 0, next = 0; start < lines.length; start = next) {
      let end = lines.indexOf(lineFeed, start);
      next = end + 1;
      if (this.#stripsCr && end > start && lines[end - 1] === carriageReturn) end--;
      if (end - start > maxFrameBytes) {
        if (oversize === "close") this.#fail(batch());
        if (oversize === "drop") {
          dropped++;
          lostBytes += end - start;
          continue;
        }
        truncated++;
        lostBytes += end - start - maxFrameBytes;
        end = start + maxFrameBytes;
        // The result is the same as when the line feed comes in a later chunk: the held bytes end before the line feed.
        if (this.#stripsCr && lines[end - 1] === carriageReturn) end--;
      }
      lines.copy(sifted, length, start, end);
      length += end - start;
      sifted[length++] = lineFeed;
      count++;
    }
    return batch();
  }

  #hold(chunk: Buffer, start: number, batch: LineBatch): void {
    if (start === chunk.length) return;
    const { maxFrameBytes, oversize } = this.#limits;
    const mayEndLine = this.#stripsCr && chunk[chunk.length - 1] === carriageReturn;
    const length = this.#held.length + chunk.length - start;
    if (length <= maxFrameBytes + (mayEndLine ? 1 : 0)) {
      this.#held.append(chunk, start, chunk.length);
      return;
    }
    if (oversize === "close") this.#fail(batch);
    this.#isOver = true;
    if (oversize === "drop") {
      this.#held.clear();
      batch.dropped++;
      batch.lostBytes += length;
    } else {
      batch.lostBytes += length - maxFrameBytes;
      const room = Math.max(0, maxFrameBytes - this.#held.length);
      this.#held.append(chunk, start, Math.min(chunk.length, start + room));
      this.#held.cut(maxFrameBytes);
    }
  }

  #fail(batch: LineBatch): never {
    this.#hasFailed = true;
    this.#held.clear();
    const lostBytes = this.#given - batch.payloadBytes - batch.lostBytes;
    throw frameTooLarge(this.#limits.maxFrameBytes, batch, lostBytes);
  }
}

function lostBatch(bytes: number): LineBatch {
  return Object.assign(new LineBatch(nothing, 0, true), { lostBytes: bytes });
}

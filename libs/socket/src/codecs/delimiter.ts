import type { Assembly } from "./assembly.ts";
import type { Scanner } from "./frame-decoder.ts";
import type { Delimiter } from "./options.ts";
import { badCodec } from "./validate.ts";

const named: Readonly<Record<string, string>> = { newline: "\n", lf: "\n", crlf: "\r\n", nul: "\0" };

/** 1 to 64 bytes. @throws {FairleadError} BAD_CODEC */
export function delimiterBytes(delimiter: Delimiter): Buffer {
  const bytes = bytesOf(String(delimiter));
  if (bytes && bytes.length >= 1 && bytes.length <= 64) return bytes;
  throw badCodec(
    `delimiter ${JSON.stringify(delimiter)} is not newline, lf, crlf, nul, or 1 to 64 bytes as text:... or hex:...`,
  );
}

function bytesOf(delimiter: string): Buffer | undefined {
  if (Object.hasOwn(named, delimiter)) return Buffer.from(named[delimiter]!);
  if (delimiter.startsWith("text:")) return Buffer.from(delimiter.slice(5));
  if (/^hex:(?:[0-9a-f]{2})+$/i.test(delimiter)) return Buffer.from(delimiter.slice(4), "hex");
  return undefined;
}

/**
 * Frames that end at a delimiter. The failure function of Knuth, Morris and Pratt follows a delimiter over the end of a chunk, so
 * that the first occurrence is found without looking back.
 */
export class DelimiterScanner implements Scanner {
  readonly #delimiter: Buffer;
  /** Bytes of the delimiter that stand at the end of the received bytes. These are in no frame yet. */
  #matched = 0;
  /** To be set where a frame begins before its first byte comes, as behind a start byte. */
  isFrameOpen = false;

  constructor(delimiter: Buffer) {
    this.#delimiter = delimiter;
  }

  get heldBytes(): number {
    return this.#matched;
  }

  scan(chunk: Buffer, start: number, frames: Assembly): number {
    const delimiter = this.#delimiter;
    this.isFrameOpen = true;
    let at = start;
    while (this.#matched > 0 && at < chunk.length) {
      if (chunk[at] !== delimiter[this.#matched]) {
        this.#fallBack(frames);
        continue;
      }
      at++;
      if (++this.#matched === delimiter.length) return this.#finish(chunk, at, at, frames);
    }
    const found = chunk.indexOf(delimiter, at);
    if (found !== -1) return this.#finish(chunk, at, found, frames) + delimiter.length;
    if (at < chunk.length) {
      this.#matched = this.#overlap(chunk, at);
      frames.add(chunk, at, chunk.length - this.#matched);
    }
    return chunk.length;
  }

  end(frames: Assembly): void {
    if (this.#matched > 0) frames.add(this.#delimiter, 0, this.#matched);
    this.#matched = 0;
    this.isFrameOpen = false;
    if (!frames.isEmpty) frames.finish(this.#delimiter, 0, 0);
  }

  #finish(chunk: Buffer, start: number, end: number, frames: Assembly): number {
    this.#matched = 0;
    this.isFrameOpen = false;
    frames.finish(chunk, start, end);
    return end;
  }

  /**
   * Falls back to the longest shorter beginning of the delimiter that still fits, because the next byte does not continue the
   * delimiter.
   */
  #fallBack(frames: Assembly): void {
    const delimiter = this.#delimiter;
    const matched = this.#matched;
    let shorter = matched - 1;
    while (delimiter.compare(delimiter, matched - shorter, matched, 0, shorter) !== 0) shorter--;
    frames.add(delimiter, 0, matched - shorter);
    this.#matched = shorter;
  }

  /** The number of bytes at the end of the chunk, behind `start`, that are a beginning of the delimiter. */
  #overlap(chunk: Buffer, start: number): number {
    const delimiter = this.#delimiter;
    let length = Math.min(delimiter.length - 1, chunk.length - start);
    while (delimiter.compare(chunk, chunk.length - length, chunk.length, 0, length) !== 0) length--;
    return length;
  }
}

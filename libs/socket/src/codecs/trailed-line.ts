import type { Assembly } from "./assembly.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const nul = 0x00;
const crAlone = Buffer.of(carriageReturn);

/**
 * A line of syslog with any of the trailers that are in use (RFC 6587, 3.4.2): LF, CR LF and NUL. Nothing of a trailer is in a
 * frame, and a run of trailers holds no frame.
 */
export class TrailedLine {
  isOpen = false;
  /** True when the last byte was a CR: a part of the trailer, or of the line. */
  #hasCr = false;
  /** The next places of both trailers in the chunk, so that each byte is searched once for each. */
  #lineFeedAt = -1;
  #nulAt = -1;

  static isTrailer(byte: number): boolean {
    return byte === lineFeed || byte === carriageReturn || byte === nul;
  }

  get heldBytes(): number {
    return this.#hasCr ? 1 : 0;
  }

  onChunk(): void {
    this.#lineFeedAt = -1;
    this.#nulAt = -1;
  }

  /** Opens a line that begins with these bytes. */
  open(bytes: Buffer, frames: Assembly): void {
    this.isOpen = true;
    if (bytes.length > 0) frames.add(bytes, 0, bytes.length);
  }

  scan(chunk: Buffer, start: number, frames: Assembly): number {
    const end = this.#endOf(chunk, start);
    if (this.#hasCr && end > start) frames.add(crAlone, 0, 1);
    this.#hasCr = end > start && chunk[end - 1] === carriageReturn;
    const textEnd = this.#hasCr ? end - 1 : end;
    if (end === chunk.length) {
      frames.add(chunk, start, textEnd);
      return end;
    }
    this.#hasCr = false;
    this.isOpen = false;
    frames.finish(chunk, start, textEnd);
    return end + 1;
  }

  /** The unterminated rest is a line. */
  end(frames: Assembly): void {
    this.#hasCr = false;
    this.isOpen = false;
    if (!frames.isEmpty) frames.finish(crAlone, 0, 0);
  }

  #endOf(chunk: Buffer, start: number): number {
    if (this.#lineFeedAt < start) this.#lineFeedAt = placeOf(chunk, lineFeed, start);
    if (this.#nulAt < start) this.#nulAt = placeOf(chunk, nul, start);
    return Math.min(this.#lineFeedAt, this.#nulAt);
  }
}

function placeOf(chunk: Buffer, byte: number, start: number): number {
  const at = chunk.indexOf(byte, start);
  return at === -1 ? chunk.length : at;
}

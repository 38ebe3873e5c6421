import type { Assembly } from "./assembly.ts";
import { Body } from "./body.ts";
import type { Scanner } from "./frame-decoder.ts";
import { frameIncomplete } from "./framing-errors.ts";

/** Reads the size of a body out of its header, byte by byte. After a size the reader is ready for the next header. */
export interface SizeReader {
  /** The size of the body in bytes when the header is complete with this byte. @throws {FramingError} FRAME_INVALID */
  read(byte: number): number | undefined;
}

/** Scans frames of a header with the size, a body, and possibly one byte behind the body. */
export class CountedScanner implements Scanner {
  readonly #reader: SizeReader;
  readonly #body: Body;
  readonly #keepHeader: boolean;
  #headerBytes = 0;

  constructor(reader: SizeReader, options: { trailer?: number; keepHeader?: boolean } = {}) {
    this.#reader = reader;
    this.#body = new Body(options.trailer);
    this.#keepHeader = options.keepHeader ?? false;
  }

  get heldBytes(): number {
    return this.#keepHeader ? 0 : this.#headerBytes;
  }

  get isFrameOpen(): boolean {
    return this.#headerBytes > 0 || this.#body.isOpen;
  }

  scan(chunk: Buffer, start: number, frames: Assembly): number {
    if (this.#body.isOpen) return this.#body.scan(chunk, start, start, frames);
    for (let at = start; at < chunk.length; at++) {
      this.#headerBytes++;
      const size = this.#reader.read(chunk[at]!);
      if (size === undefined) continue;
      frames.declare(this.#keepHeader ? this.#headerBytes + size : size);
      this.#headerBytes = 0;
      this.#body.open(size);
      return this.#body.scan(chunk, this.#keepHeader ? start : at + 1, at + 1, frames);
    }
    if (this.#keepHeader) frames.add(chunk, start, chunk.length);
    return chunk.length;
  }

  end(frames: Assembly): void {
    if (this.isFrameOpen) throw frameIncomplete(frames.heldBytes + this.heldBytes);
  }
}

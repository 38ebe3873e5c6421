import type { Decoder, FrameBatch } from "../codec.ts";
import { FramingError } from "../errors.ts";
import { Assembly } from "./assembly.ts";
import { decoderFailed } from "./framing-errors.ts";
import type { FrameLimits } from "./options.ts";

/** The part of a decoder that knows the framing. A scanner finds the beginnings and ends of frames and tells the assembly. */
export interface Scanner {
  /**
   * Scans the chunk from `start`, which is before the end of the chunk. Returns the place up to which the bytes are understood,
   * always beyond `start`. @throws {FramingError} without frames: the decoder adds them
   */
  scan(chunk: Buffer, start: number, frames: Assembly): number;
  /** The stream has ended. @throws {FramingError} FRAME_INCOMPLETE */
  end(frames: Assembly): void;
  /** Received bytes of a header or a delimiter, which are in no frame yet. */
  readonly heldBytes: number;
  /** True while a frame has begun and is not complete: also in its header, and while an oversized frame is passed over. */
  readonly isFrameOpen: boolean;
}

/** A decoder from a scanner. */
export class FrameDecoder implements Decoder {
  readonly #scanner: Scanner;
  readonly #frames: Assembly;
  #hasFailed = false;

  constructor(limits: FrameLimits, scanner: Scanner) {
    this.#scanner = scanner;
    this.#frames = new Assembly(limits);
  }

  get heldBytes(): number {
    return this.#frames.heldBytes + this.#scanner.heldBytes;
  }

  get isFrameOpen(): boolean {
    return this.#scanner.isFrameOpen;
  }

  push(chunk: Buffer): FrameBatch {
    return this.#batch(chunk.length, () => {
      for (let at = 0; at < chunk.length; ) at = this.#scanner.scan(chunk, at, this.#frames);
    });
  }

  end(): FrameBatch {
    return this.#batch(0, () => this.#scanner.end(this.#frames));
  }

  #batch(taken: number, work: () => void): FrameBatch {
    if (this.#hasFailed) throw decoderFailed();
    const bytes = this.heldBytes + taken;
    try {
      work();
    } catch (error) {
      this.#hasFailed = true;
      if (!(error instanceof FramingError)) throw error;
      const frames = this.#frames.take();
      const lostBytes = bytes - frames.payloadBytes - frames.lostBytes;
      throw new FramingError(error.code, error.message, { data: error.data, frames, lostBytes });
    }
    return this.#frames.take();
  }
}

import type { Codec } from "../codec.ts";
import type { Assembly } from "./assembly.ts";
import { FrameDecoder, type Scanner } from "./frame-decoder.ts";
import { frameIncomplete, frameUnencodable } from "./framing-errors.ts";
import { Gap } from "./gap.ts";
import type { MllpOptions } from "./options.ts";

const startBlock = 0x0b;
const endBlock = 0x1c;
const carriageReturn = 0x0d;

/** Minimal Lower Layer Protocol (HL7 v2, transport specification): VT, the message, FS CR. */
export function mllpCodec(options: MllpOptions): Codec {
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new MllpScanner()),
    encode(payload) {
      if (payload.includes(endBlock)) throw frameUnencodable("it contains FS");
      if (payload.includes(startBlock)) throw frameUnencodable("it contains VT");
      return Buffer.concat([Buffer.of(startBlock), payload, Buffer.of(endBlock, carriageReturn)]);
    },
  };
}

/** The CR behind FS belongs to the gap: some senders leave the CR out, and then wait for their acknowledgement. */
class MllpScanner implements Scanner {
  readonly heldBytes = 0;
  readonly #gap = new Gap(startBlock);
  isFrameOpen = false;

  scan(chunk: Buffer, start: number, frames: Assembly): number {
    if (this.isFrameOpen) return this.#scanBlock(chunk, start, frames);
    const begin = this.#gap.scan(chunk, start, frames);
    if (begin === -1) return chunk.length;
    this.isFrameOpen = true;
    return begin;
  }

  end(frames: Assembly): void {
    if (this.isFrameOpen) throw frameIncomplete(frames.heldBytes);
  }

  #scanBlock(chunk: Buffer, start: number, frames: Assembly): number {
    const found = chunk.indexOf(endBlock, start);
    const end = found === -1 ? chunk.length : found;
    const next = chunk.subarray(start, end).indexOf(startBlock);
    if (next !== -1) {
      // No message holds VT, so the end of this message was lost.
      frames.add(chunk, start, start + next);
      frames.reject("a message begins inside another one");
      return start + next + 1;
    }
    if (found === -1) {
      frames.add(chunk, start, end);
      return end;
    }
    this.isFrameOpen = false;
    frames.finish(chunk, start, end);
    return end + 1;
  }
}

import type { Codec } from "../codec.ts";
import { DelimiterScanner } from "./delimiter.ts";
import { FrameDecoder, type Scanner } from "./frame-decoder.ts";
import { frameIncomplete, frameUnencodable } from "./framing-errors.ts";
import { Gap } from "./gap.ts";
import type { MllpOptions } from "./options.ts";

const startBlock = 0x0b;
const endBlock = Buffer.of(0x1c, 0x0d);

/** Minimal Lower Layer Protocol (HL7 v2, transport specification): VT, the message, FS CR. */
export function mllpCodec(options: MllpOptions): Codec {
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, mllpScanner()),
    encode(payload) {
      const frame = Buffer.concat([Buffer.of(startBlock), payload, endBlock]);
      if (frame.indexOf(endBlock) !== payload.length + 1) throw frameUnencodable("it contains FS CR");
      return frame;
    },
  };
}

function mllpScanner(): Scanner {
  const gap = new Gap(startBlock);
  const block = new DelimiterScanner(endBlock);
  return {
    get heldBytes() {
      return block.heldBytes;
    },
    get isFrameOpen() {
      return block.isFrameOpen;
    },
    scan(chunk, start, frames) {
      if (block.isFrameOpen) return block.scan(chunk, start, frames);
      const begin = gap.scan(chunk, start, frames);
      if (begin === -1) return chunk.length;
      block.isFrameOpen = true;
      return begin;
    },
    end(frames) {
      if (block.isFrameOpen) throw frameIncomplete(frames.heldBytes + block.heldBytes);
    },
  };
}

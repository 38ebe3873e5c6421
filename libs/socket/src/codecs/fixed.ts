import type { Codec } from "../codec.ts";
import { Body } from "./body.ts";
import { FrameDecoder, type Scanner } from "./frame-decoder.ts";
import { frameIncomplete, frameUnencodable } from "./framing-errors.ts";
import type { FixedOptions } from "./options.ts";
import { requireInteger } from "./validate.ts";

/** Frames of one size. */
export function fixedCodec(options: FixedOptions): Codec {
  const frameBytes = requireInteger("frameBytes", options.frameBytes, 1, options.maxFrameBytes);
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, fixedScanner(frameBytes)),
    encode(payload) {
      if (payload.length !== frameBytes)
        throw frameUnencodable(`it has ${payload.length} bytes, not ${frameBytes}`);
      return Buffer.from(payload);
    },
  };
}

function fixedScanner(frameBytes: number): Scanner {
  const body = new Body();
  return {
    heldBytes: 0,
    get isFrameOpen() {
      return body.isOpen;
    },
    scan(chunk, start, frames) {
      if (!body.isOpen) body.open(frameBytes);
      return body.scan(chunk, start, start, frames);
    },
    end(frames) {
      if (body.isOpen) throw frameIncomplete(frames.heldBytes);
    },
  };
}

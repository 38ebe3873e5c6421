import type { Codec } from "../codec.ts";
import { FrameDecoder, type Scanner } from "./frame-decoder.ts";
import { frameUnencodable } from "./framing-errors.ts";
import type { RawOptions } from "./options.ts";

/** Bytes without framing. Bytes that come together are a frame, cut at the cap. */
export function rawCodec(options: RawOptions): Codec {
  const scanner: Scanner = {
    heldBytes: 0,
    isFrameOpen: false,
    scan(chunk, start, frames) {
      const end = Math.min(chunk.length, start + options.maxFrameBytes);
      frames.finish(chunk, start, end);
      return end;
    },
    end() {},
  };
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, scanner),
    encode(payload) {
      if (payload.length === 0) throw frameUnencodable("without a byte nobody sees it");
      return Buffer.from(payload);
    },
  };
}

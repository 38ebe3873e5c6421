import type { Codec } from "../codec.ts";
import { DelimiterScanner, delimiterBytes } from "./delimiter.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { frameUnencodable } from "./framing-errors.ts";
import { LineDecoder } from "./line-decoder.ts";
import type { LinesOptions } from "./options.ts";

/** Frames that end at a delimiter. The unterminated rest at the end of the stream is a frame. */
export function linesCodec(options: LinesOptions): Codec {
  const { delimiter = "newline" } = options;
  const bytes = delimiterBytes(delimiter);
  const stripsCr = delimiter === "newline";
  const endsWithLf = bytes.equals(Buffer.from("\n"));
  return {
    name: options.name,
    isText: endsWithLf,
    createDecoder: () =>
      endsWithLf
        ? new LineDecoder(options, stripsCr)
        : new FrameDecoder(options, new DelimiterScanner(bytes)),
    encode(payload) {
      const frame = Buffer.concat([payload, bytes]);
      if (frame.indexOf(bytes) !== payload.length) throw frameUnencodable("it contains its delimiter");
      if (stripsCr && payload.at(-1) === 0x0d)
        throw frameUnencodable("its last CR would be taken for the line's end");
      return frame;
    },
  };
}

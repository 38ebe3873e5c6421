import type { Codec } from "../codec.ts";
import { CountedScanner, type SizeReader } from "./counted.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { frameInvalid } from "./framing-errors.ts";
import type { NetstringOptions } from "./options.ts";

const [zero, nine, colon, comma] = Buffer.from("09:,") as Iterable<number> as [
  number,
  number,
  number,
  number,
];

/** Netstrings (D. J. Bernstein, 1997): the size in decimal without leading zeros, a colon, the bytes, a comma. */
export function netstringCodec(options: NetstringOptions): Codec {
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new CountedScanner(netstringReader(), { trailer: comma })),
    encode: (payload) => Buffer.concat([Buffer.from(`${payload.length}:`), payload, Buffer.of(comma)]),
  };
}

function netstringReader(): SizeReader {
  let digits = 0;
  let size = 0;
  return {
    read(byte) {
      if (byte === colon && digits > 0) {
        const complete = size;
        digits = 0;
        size = 0;
        return complete;
      }
      if (byte < zero || byte > nine) throw frameInvalid("its size is no decimal number and a colon");
      if (digits === 1 && size === 0) throw frameInvalid("its size has a leading zero");
      digits++;
      size = size * 10 + byte - zero;
      if (size > Number.MAX_SAFE_INTEGER) throw frameInvalid("its size is over 2^53");
      return undefined;
    },
  };
}

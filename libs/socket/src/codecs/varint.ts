import type { Codec } from "../codec.ts";
import { CountedScanner, type SizeReader } from "./counted.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { frameInvalid } from "./framing-errors.ts";
import type { VarintOptions } from "./options.ts";

/** Sizes of up to 53 bits fit into so many groups of seven. */
const maxHeaderBytes = 8;

/** Frames behind their size as unsigned LEB128, as Protocol Buffers writes delimited messages. */
export function varintCodec(options: VarintOptions): Codec {
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new CountedScanner(varintReader())),
    encode: (payload) => Buffer.concat([varint(payload.length), payload]),
  };
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  bytes.push(left);
  return Uint8Array.from(bytes);
}

function varintReader(): SizeReader {
  let at = 0;
  let value = 0;
  return {
    read(byte) {
      value += (byte & 0x7f) * 2 ** (7 * at);
      at++;
      const hasMore = byte > 0x7f;
      if (value > Number.MAX_SAFE_INTEGER || (hasMore && at === maxHeaderBytes)) {
        throw frameInvalid("its size is over 2^53");
      }
      if (hasMore) return undefined;
      if (byte === 0 && at > 1) throw frameInvalid("its size is written longer than needed");
      const size = value;
      at = 0;
      value = 0;
      return size;
    },
  };
}

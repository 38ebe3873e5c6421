import type { Codec } from "../codec.ts";
import { CountedScanner, type SizeReader } from "./counted.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { frameInvalid, frameUnencodable } from "./framing-errors.ts";
import type { LengthPrefixOptions } from "./options.ts";
import { requireChoice, requireInteger } from "./validate.ts";

/** The place and the meaning of the length, with every default filled in. */
interface Layout {
  readonly lengthBytes: number;
  readonly isLittle: boolean;
  readonly lengthOffset: number;
  readonly headerBytes: number;
  /** Body bytes = length + this. */
  readonly bodyOverLength: number;
}

function layoutOf(options: LengthPrefixOptions): Layout {
  const lengthBytes = requireInteger("lengthBytes", options.lengthBytes ?? 4, 1, 8);
  const lengthOffset = requireInteger("lengthOffset", options.lengthOffset ?? 0, 0, 255);
  const adjustment = requireInteger("lengthAdjustment", options.lengthAdjustment ?? 0, -(2 ** 31), 2 ** 31);
  const headerBytes = lengthOffset + lengthBytes;
  return {
    lengthBytes,
    isLittle: requireChoice("endian", options.endian ?? "big", ["big", "little"]) === "little",
    lengthOffset,
    headerBytes,
    bodyOverLength: adjustment - (options.lengthIncludesHeader === true ? headerBytes : 0),
  };
}

/** Frames behind a binary length. `LengthPrefixOptions` explains each option. */
export function lengthPrefixCodec(options: LengthPrefixOptions): Codec {
  const layout = layoutOf(options);
  const keepHeader = options.keepHeader ?? false;
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new CountedScanner(lengthReader(layout), { keepHeader })),
    encode(payload) {
      return keepHeader ? checkHeader(payload, layout) : addHeader(payload, layout);
    },
  };
}

function lengthReader(layout: Layout): SizeReader {
  const { lengthBytes, isLittle, lengthOffset, headerBytes, bodyOverLength } = layout;
  let at = 0;
  let length = 0;
  return {
    read(byte) {
      const place = at++ - lengthOffset;
      if (place < 0) return undefined;
      // Past 2^53 the number is not exact any more, but never falls below 2^53 again, and such a length is refused.
      length = isLittle ? length + byte * 2 ** (8 * place) : length * 256 + byte;
      if (place < lengthBytes - 1) return undefined;
      const size = length + bodyOverLength;
      if (size < 0)
        throw frameInvalid(`its length ${length} is less than its header of ${headerBytes} bytes allows`);
      if (!Number.isSafeInteger(length)) throw frameInvalid("its length is over 2^53");
      at = 0;
      length = 0;
      return size;
    },
  };
}

function lengthField(bodyBytes: number, layout: Layout): Buffer {
  const { lengthBytes, isLittle, bodyOverLength } = layout;
  const length = bodyBytes - bodyOverLength;
  if (length < 0 || length >= 256 ** lengthBytes) {
    throw frameUnencodable(`the length ${length} does not fit into ${lengthBytes} bytes`);
  }
  const field = Buffer.alloc(8);
  field.writeBigUInt64BE(BigInt(length));
  const big = field.subarray(8 - lengthBytes);
  return isLittle ? big.reverse() : big;
}

function addHeader(payload: Uint8Array, layout: Layout): Buffer {
  return Buffer.concat([Buffer.alloc(layout.lengthOffset), lengthField(payload.length, layout), payload]);
}

function checkHeader(frame: Uint8Array, layout: Layout): Buffer {
  const { headerBytes, lengthOffset } = layout;
  if (frame.length < headerBytes)
    throw frameUnencodable(`it has ${frame.length} bytes, less than its header`);
  const field = lengthField(frame.length - headerBytes, layout);
  if (!field.equals(frame.subarray(lengthOffset, headerBytes))) {
    throw frameUnencodable(
      `the length in its header does not say ${frame.length - headerBytes} bytes of body`,
    );
  }
  return Buffer.from(frame);
}

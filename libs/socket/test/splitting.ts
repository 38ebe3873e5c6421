import fc from "fast-check";
import type { Codec } from "../src/codec.ts";
import { createCodec } from "../src/codecs/create-codec.ts";
import type { CodecOptions } from "../src/codecs/options.ts";
import { FramingError } from "../src/errors.ts";

/** For the tests of codecs: what came out of a stream, however it was cut. */
export interface Decoded {
  readonly frames: readonly string[];
  readonly dropped: number;
  readonly truncated: number;
  /** Code of the error that ended it. */
  readonly error: string | undefined;
  /** The most that was held between two chunks. */
  readonly maxHeldBytes: number;
}

/** Feeds the chunks and the end of the stream to a new decoder; frames come as latin1 text. */
export function decode(codec: Codec, chunks: readonly Uint8Array[]): Decoded {
  const decoder = codec.createDecoder();
  const frames: string[] = [];
  let [dropped, truncated, maxHeldBytes] = [0, 0, 0];
  const take = (batch: ReturnType<typeof decoder.push>) => {
    let bytes = 0;
    for (let index = 0; index < batch.count; index++) {
      const frame = batch.frame(index);
      frames.push(frame.toString("latin1"));
      bytes += frame.length;
    }
    if (bytes !== batch.payloadBytes)
      throw new Error(`payloadBytes says ${batch.payloadBytes}, it is ${bytes}`);
    dropped += batch.dropped;
    truncated += batch.truncated;
  };
  let error: string | undefined;
  try {
    for (const chunk of chunks) {
      const copy = Buffer.from(chunk);
      take(decoder.push(copy));
      // Nothing of a chunk may be needed once the next comes.
      copy.fill(0xee);
      maxHeldBytes = Math.max(maxHeldBytes, decoder.heldBytes);
    }
    take(decoder.end());
  } catch (thrown) {
    if (!(thrown instanceof FramingError) || !thrown.frames) throw thrown;
    take(thrown.frames);
    error = thrown.code;
  }
  return { frames, dropped, truncated, error, maxHeldBytes };
}

/** The bytes cut at the places, which may stand in any order and repeat. */
export function split(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length));
}

/** One chunk a byte. */
export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** Places to cut at. */
export const places: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 12 });

/** Bytes in which those that mean something to a codec are frequent. */
export const meaningfulBytes: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(...Buffer.from('\r\n\0|:,; 0123459<>{}[]"\\\x02\x03\x0b\x10\x1c\x1eab')),
      },
      { weight: 1, arbitrary: fc.constantFrom(0xef, 0xbb, 0xbf) },
      { weight: 1, arbitrary: fc.nat(255) },
    ),
    { maxLength: 200 },
  )
  .map((bytes) => Uint8Array.from(bytes));

/** A codec, with payloads that it can encode. */
export interface Sample {
  readonly title: string;
  readonly options: CodecOptions;
  readonly payload: fc.Arbitrary<Uint8Array>;
  readonly codec: Codec;
}

/** More than any header or delimiter of the samples. */
export const headerBound = 32;
export const sampleCap = 24;

type Unlimited<T> = T extends CodecOptions ? Omit<T, "maxFrameBytes" | "oversize"> : never;

export function sample(given: Unlimited<CodecOptions>, limits: Partial<CodecOptions> = {}): Sample {
  const options = { maxFrameBytes: sampleCap, oversize: "close", ...given, ...limits } as CodecOptions;
  const codec = createCodec(options);
  const { name, maxFrameBytes, oversize, ...rest } = options;
  const isEncodable = (payload: Uint8Array) => {
    try {
      return codec.encode(payload).length > 0;
    } catch (error) {
      if (error instanceof FramingError && error.code === "FRAME_UNENCODABLE") return false;
      throw error;
    }
  };
  const anyBytes = fc.uint8Array({ maxLength: maxFrameBytes });
  const byName: Partial<Record<CodecOptions["name"], fc.Arbitrary<Uint8Array>>> = {
    fixed: fc.uint8Array({ minLength: 7, maxLength: 7 }),
    "octet-counting": fc
      .uint8Array({ maxLength: Math.max(0, maxFrameBytes - 4) })
      .map((bytes) => Buffer.concat([Buffer.from("<13>"), bytes])),
    json: fc
      .oneof(
        fc.json({ maxDepth: 3 }).filter((text) => Buffer.byteLength(text) <= maxFrameBytes),
        fc.constantFrom("{}", "[]", '"\\"}"', '{"a":"]\\\\"}', "-1.5e3", "null", '[[{"{":[]}]]'),
      )
      .map((text) => Buffer.from(text)),
  };
  const payload = byName[name] ?? anyBytes.filter(isEncodable);
  return { title: [name, oversize, JSON.stringify(rest)].join(" "), options, payload, codec };
}

export const everyFraming: readonly Unlimited<CodecOptions>[] = [
  { name: "lines" },
  { name: "lines", delimiter: "lf" },
  { name: "lines", delimiter: "crlf" },
  { name: "lines", delimiter: "nul" },
  { name: "lines", delimiter: "text:||" },
  { name: "lines", delimiter: "hex:0d0a0d0b" },
  { name: "fixed", frameBytes: 7 },
  { name: "length-prefix" },
  { name: "length-prefix", lengthBytes: 1 },
  { name: "length-prefix", lengthBytes: 8, endian: "little" },
  { name: "length-prefix", lengthBytes: 3, endian: "little", lengthOffset: 2 },
  { name: "length-prefix", lengthBytes: 2, lengthIncludesHeader: true, lengthOffset: 1 },
  { name: "length-prefix", lengthBytes: 2, lengthAdjustment: -5 },
  { name: "varint" },
  { name: "netstring" },
  { name: "octet-counting" },
  { name: "ascii-size" },
  { name: "ascii-size", terminator: "text: |" },
  { name: "ascii-size", width: 10 },
  { name: "mllp" },
  { name: "stx-etx" },
  { name: "stx-etx", escape: "dle" },
  { name: "stx-etx", check: "lrc" },
  { name: "stx-etx", escape: "dle", check: "lrc" },
  { name: "json", maxDepth: 5 },
];

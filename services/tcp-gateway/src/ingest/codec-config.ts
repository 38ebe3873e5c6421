import { bytes, count, flag } from "@fairlead/chassis";
import { toError } from "@fairlead/core";
import { type CodecOptions, createCodec, type Delimiter } from "@fairlead/socket";
import { z } from "zod";

/** Nothing larger fits a message of RabbitMQ 4 with its default `max_message_size` of 16 MiB and room for the container. */
const largestFrame = "8MiB";

const cap = {
  maxFrameBytes: bytes("64KiB", { max: largestFrame }).describe(
    "Bytes of one frame at most, its framing left out.",
  ),
  oversize: z
    .enum(["close", "drop", "truncate"])
    .default("close")
    .describe(
      "A frame over maxFrameBytes: close the connection with ERR FRAME_TOO_LARGE; drop it, count it and say ERR FRAME_DROPPED; or truncate it at the cap, count it and say ERR FRAME_TRUNCATED.",
    ),
};

const delimiter = z
  .string()
  .regex(/^(newline|lf|crlf|nul|text:.+|hex:([0-9A-Fa-f]{2})+)$/s, {
    error:
      'must be "newline", "lf", "crlf", "nul", "text:" with the characters, or "hex:" with pairs of digits',
  })
  .transform((text) => text as Delimiter);

const codec = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({ name: z.literal(name), ...cap, ...shape });

const codecs = z.discriminatedUnion("name", [
  codec("lines", {
    delimiter: delimiter.default("newline").describe('What ends a frame; "newline": LF, with or without CR.'),
  }),
  codec("fixed", { frameBytes: bytes(undefined, { max: largestFrame }).describe("Bytes of every frame.") }),
  codec("length-prefix", {
    lengthBytes: count(4, { max: 8 }).describe("Bytes of the length field."),
    endian: z.enum(["big", "little"]).default("big").describe("Byte order of the length field."),
    lengthOffset: count(0, { min: 0, max: 255 }).describe("Bytes of the header before the length field."),
    lengthAdjustment: count(0, { min: -65_536, max: 65_536 }).describe(
      "Added to the length field to give the bytes that follow the header.",
    ),
    lengthIncludesHeader: flag(false).describe("The length counts the header too."),
    keepHeader: flag(false).describe("The record begins with the header."),
  }),
  codec("varint", {}),
  codec("netstring", {}),
  codec("octet-counting", {}),
  codec("ascii-size", {
    terminator: delimiter
      .optional()
      .describe('What ends the size; "newline" when neither this nor width is given.'),
    width: count(undefined, { max: 20 })
      .optional()
      .describe("The size has exactly so many digits, and no terminator."),
  }),
  codec("mllp", {}),
  codec("stx-etx", {
    escape: z
      .enum(["none", "dle"])
      .default("none")
      .describe("DLE before each STX, ETX and DLE of the payload."),
    check: z.enum(["none", "lrc"]).default("none").describe("One check byte behind ETX."),
  }),
  codec("json", { maxDepth: count(128, { max: 10_000 }).describe("Nesting at most.") }),
  codec("raw", {}),
]);

export type CodecConfig = z.output<typeof codecs>;

/** How a listener finds frames in bytes: the options of `createCodec` of libs/socket, with units. */
export const codecSchema = codecs.superRefine((codec, context) => {
  try {
    createCodec(toCodecOptions(codec));
  } catch (error) {
    context.addIssue({ code: "custom", message: toError(error).message });
  }
});

/** The same with what is not given left out. */
export function toCodecOptions(config: CodecConfig): CodecOptions {
  if (config.name !== "ascii-size") return config;
  const { terminator, width, ...sized } = config;
  return { ...sized, ...(terminator && { terminator }), ...(width && { width }) };
}

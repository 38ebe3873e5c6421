import type { OversizePolicy } from "../codec.ts";

/** The end of a frame. `newline` is LF, and one CR before the LF is no part of the frame. `text:` is taken as UTF-8. */
export type Delimiter = "newline" | "lf" | "crlf" | "nul" | `text:${string}` | `hex:${string}`;

export interface FrameLimits {
  /** The most bytes of one frame, from 1 to 1 GiB. The cap is enforced before the end of the frame comes. */
  readonly maxFrameBytes: number;
  /**
   * The policy for a frame over the cap: the frame is dropped and counted, or cut to the cap and counted, or FRAME_TOO_LARGE is
   * raised.
   */
  readonly oversize: OversizePolicy;
}

export interface LinesOptions extends FrameLimits {
  readonly name: "lines";
  /** Default "newline". */
  readonly delimiter?: Delimiter;
}

export interface FixedOptions extends FrameLimits {
  readonly name: "fixed";
  /** The bytes of every frame, at most maxFrameBytes. */
  readonly frameBytes: number;
}

/**
 * Header = `lengthOffset` bytes of anything, then an unsigned integer L of `lengthBytes`. Behind the header stand
 * L + lengthAdjustment bytes of body, less the header's own size when `lengthIncludesHeader`. A negative result is
 * FRAME_INVALID. Header fields behind the length belong to the body: count them in with `lengthAdjustment`.
 */
export interface LengthPrefixOptions extends FrameLimits {
  readonly name: "length-prefix";
  /** 1 to 8. Default 4. */
  readonly lengthBytes?: number;
  /** Default "big". */
  readonly endian?: "big" | "little";
  /** 0 to 255 bytes before the length field. Default 0; `encode` writes zeros there. */
  readonly lengthOffset?: number;
  /** Bytes, may be negative. Default 0. */
  readonly lengthAdjustment?: number;
  /** Default false. */
  readonly lengthIncludesHeader?: boolean;
  /**
   * True where the header is a part of the frame (and `encode` expects the header there). The cap then counts the header. Default
   * false.
   */
  readonly keepHeader?: boolean;
}

/** Protocol Buffers' delimited messages: unsigned LEB128, then the body. */
export interface VarintOptions extends FrameLimits {
  readonly name: "varint";
}

/** D. J. Bernstein's netstrings, strictly: `5:hello,`. */
export interface NetstringOptions extends FrameLimits {
  readonly name: "netstring";
}

/**
 * Syslog over TCP (RFC 6587). Per frame: 1 to 9 digits, the first not 0, a space and a priority `<0>` to `<191>` begin a counted
 * frame (3.4.1), where the count covers the priority. Any other frame is a line and ends at LF, CR LF or NUL (3.4.2). The trailer
 * is in no frame, and trailers between frames are passed over.
 */
export interface OctetCountingOptions extends FrameLimits {
  readonly name: "octet-counting";
}

/** The size in decimal text, then that many bytes. */
export interface AsciiSizeOptions extends FrameLimits {
  readonly name: "ascii-size";
  /** The end of the size, which has at most 15 digits. Default "newline". Not together with `width`. */
  readonly terminator?: Delimiter;
  /** A size field of exactly so many bytes instead, 1 to 20: digits padded with zeros or spaces on either side. */
  readonly width?: number;
}

/**
 * HL7's Minimal Lower Layer Protocol: VT ... FS CR, where the CR may be missing. CR and LF between frames are skipped; other bytes
 * there, and a message that the next VT cuts off, are counted as one dropped frame each, or with the policy `close` raise
 * FRAME_INVALID.
 */
export interface MllpOptions extends FrameLimits {
  readonly name: "mllp";
}

/** STX ... ETX. Bytes between frames are treated as in `mllp`. */
export interface StxEtxOptions extends FrameLimits {
  readonly name: "stx-etx";
  /** `dle`: a DLE (0x10) stands before each STX, ETX and DLE of the payload. Default "none". */
  readonly escape?: "none" | "dle";
  /**
   * `lrc`: one byte follows ETX, the exclusive or of all bytes as sent behind STX up to and with ETX. A frame whose check
   * fails is dropped and counted, or with the policy `close` raises FRAME_INVALID. Default "none".
   */
  readonly check?: "none" | "lrc";
}

/**
 * JSON values one after the other: NDJSON, concatenated, separated by white space or RS (RFC 7464). Objects, arrays and strings
 * end by themselves, other scalars at white space or the stream's end. A byte order mark at the beginning of the stream is passed over.
 * The codec finds the end of a value and does not validate the value.
 */
export interface JsonOptions extends FrameLimits {
  readonly name: "json";
  /** Deeper nesting is FRAME_INVALID. Default 128. */
  readonly maxDepth?: number;
}

/** Every chunk is a frame as it comes. A chunk over the cap is cut into frames of the cap, whatever the policy. */
export interface RawOptions extends FrameLimits {
  readonly name: "raw";
}

export type CodecOptions =
  | LinesOptions
  | FixedOptions
  | LengthPrefixOptions
  | VarintOptions
  | NetstringOptions
  | OctetCountingOptions
  | AsciiSizeOptions
  | MllpOptions
  | StxEtxOptions
  | JsonOptions
  | RawOptions;

export type CodecName = CodecOptions["name"];

export const codecNames = [
  "lines",
  "fixed",
  "length-prefix",
  "varint",
  "netstring",
  "octet-counting",
  "ascii-size",
  "mllp",
  "stx-etx",
  "json",
  "raw",
] as const satisfies readonly CodecName[];

/** What a decoder does with a frame that is larger than its cap. */
export type OversizePolicy = "drop" | "truncate" | "close";

/**
 * Complete frames, in order. The bytes of the frames may be views of the chunk that they came in: use them before the
 * next call of the decoder, or copy them.
 */
export interface FrameBatch {
  readonly count: number;
  /** Sum of the frames' payloads, in bytes, delimiters and headers left out. */
  readonly payloadBytes: number;
  /** The payload of frame `index`, 0 <= index < count. */
  frame(index: number): Buffer;
  /**
   * All frames as they came, each ended by one LF and free of any other, when the decoder has them so in one piece;
   * lets a publisher pass lines on without cutting them. Undefined otherwise.
   */
  readonly lines?: Buffer;
  /** True when `lines` is this batch's own and no view of a chunk: it may be kept without another copy. */
  readonly ownsLines?: boolean;
  /** Frames of this call that were dropped whole or cut, by what happened. */
  readonly dropped: number;
  readonly truncated: number;
}

/**
 * Turns bytes into frames, incrementally: any split of the same bytes gives the same frames. Pure: no input/output, no
 * clock. Never holds more than `maxFrameBytes` plus a header of what came before.
 */
export interface Decoder {
  /**
   * Takes the next chunk; keeps what is not complete. The chunk may be kept as a view until the next call.
   * @throws {FramingError} FRAME_TOO_LARGE with the policy `close`; FRAME_INVALID when the bytes cannot be framed. The
   *   error carries the frames that were complete before it (`frames`); after it the decoder takes nothing more.
   */
  push(chunk: Buffer): FrameBatch;
  /**
   * The stream has ended. Gives the unterminated rest as a frame where the codec says that this is one (lines, raw);
   * elsewhere an incomplete frame raises FRAME_INCOMPLETE.
   * @throws {FramingError}
   */
  end(): FrameBatch;
  /** Bytes held back for the next call. At most the cap plus a header. */
  readonly heldBytes: number;
  /**
   * True while a frame has begun and is not complete, also where its bytes are not held: a header that was understood, an
   * oversized frame that is thrown away. The time limit of frames rests on it.
   */
  readonly isFrameOpen: boolean;
}

/** A way of framing: makes decoders, one per connection, and encodes frames for the same peer. */
export interface Codec {
  /** As in the configuration: "lines", "length-prefix", ... */
  readonly name: string;
  /** True when frames are text of one line each: they fit the lines container. */
  readonly isText: boolean;
  createDecoder(): Decoder;
  /** One frame with its framing. @throws {FramingError} FRAME_UNENCODABLE when the payload cannot be framed */
  encode(payload: Uint8Array): Buffer;
}

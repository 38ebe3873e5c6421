/** The ways in which a decoder treats a frame that is larger than the cap. */
export type OversizePolicy = "drop" | "truncate" | "close";

/**
 * Complete frames, in order. The bytes of a frame may be a view of the chunk that contained the frame: use the bytes before the
 * next call of the decoder, or copy them.
 */
export interface FrameBatch {
  readonly count: number;
  /** Sum of the frames' payloads, in bytes, delimiters and headers left out. */
  readonly payloadBytes: number;
  /** The payload of frame `index`, 0 <= index < count. */
  frame(index: number): Buffer;
  /**
   * All frames in one piece as they came, each ended by one LF and free of any other LF. A publisher can pass the lines on without
   * cutting them. Undefined where the decoder has no such piece.
   */
  readonly lines?: Buffer;
  /** True when `lines` is memory of this batch and no view of a chunk: `lines` may then be kept without another copy. */
  readonly ownsLines?: boolean;
  /** Frames of this call that were dropped whole. `truncated` counts frames that were cut. */
  readonly dropped: number;
  readonly truncated: number;
  /** Bytes of this call that are in no frame and are no framing either: of dropped frames, cut off, or between frames. */
  readonly lostBytes: number;
  /**
   * True where the end of the stream has ended the last frame, and no delimiter: nobody knows whether more belonged to the frame.
   * `batches()` of a connection sets it.
   */
  readonly isPartial?: boolean;
}

/**
 * Turns bytes into frames, incrementally: any split of the same bytes gives the same frames. A decoder is pure: no input or
 * output, no clock. A decoder never holds more than `maxFrameBytes` plus a header.
 */
export interface Decoder {
  /**
   * Takes the next chunk and keeps an incomplete frame. The chunk may be kept as a view until the next call.
   * @throws {FramingError} FRAME_TOO_LARGE with the policy `close`; FRAME_INVALID when the bytes cannot be framed. The error
   *   carries the frames that were complete before (`frames`), and `lostBytes` of what it could not frame. The decoder takes nothing more after an error.
   */
  push(chunk: Buffer): FrameBatch;
  /**
   * The stream has ended. The unterminated rest is a frame in the codecs lines and raw. In all others an incomplete frame raises
   * FRAME_INCOMPLETE.
   * @throws {FramingError}
   */
  end(): FrameBatch;
  /** Bytes held back for the next call. At most the cap plus a header. */
  readonly heldBytes: number;
  /**
   * True while a frame has begun and is not complete, also where its bytes are not held: behind a header that was understood, or
   * in an oversized frame that is thrown away. The time limit of frames uses this property.
   */
  readonly isFrameOpen: boolean;
}

/** A way of framing. A codec makes a decoder for each connection, and encodes frames for the same peer. */
export interface Codec {
  /** The name in the configuration: "lines", "length-prefix", ... */
  readonly name: string;
  /** True when each frame is one line of text. Such frames fit the lines container. */
  readonly isText: boolean;
  createDecoder(): Decoder;
  /** One frame with its framing. @throws {FramingError} FRAME_UNENCODABLE when the payload cannot be framed */
  encode(payload: Uint8Array): Buffer;
}

import type { Codec, Decoder, FrameBatch } from "../codec.ts";
import { FramingError } from "../errors.ts";

/** The beginning of a request line (RFC 9112, 3): a method that a browser or a tool sends, and the form of a target. */
const requestStart = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|PRI) [/*h]/;
const requestLine = /^[A-Z]+ [^ \n]+ HTTP\/\d/;
const methods = [
  "GET ",
  "HEAD ",
  "POST ",
  "PUT ",
  "PATCH ",
  "DELETE ",
  "OPTIONS ",
  "TRACE ",
  "CONNECT ",
  "PRI ",
];
const noFrames: FrameBatch = {
  count: 0,
  payloadBytes: 0,
  frame: () => Buffer.alloc(0),
  dropped: 0,
  truncated: 0,
  lostBytes: 0,
};

/** A page chooses how long its URL is. A line that begins as a request and is longer counts as one. */
const maxHeldBytes = 16 * 1024;

/**
 * The codec, for streams that are no HTTP. A page of any origin can make a browser send a POST to this port, and each line of the
 * request would become a record (the "simple requests" of the Fetch standard need no consent). A stream that begins with a request
 * line raises HTTP_REFUSED before it gives a frame.
 *
 * Bytes are held until the first line has ended, where they begin as a request does. A browser sends the beginning at once. So a
 * codec of other frames than lines holds nothing for a first byte that could be one of a method.
 */
export function refuseHttp(codec: Codec): Codec {
  return {
    name: codec.name,
    isText: codec.isText,
    createDecoder: () => new HttpRefusingDecoder(codec),
    encode: (payload) => codec.encode(payload),
  };
}

class HttpRefusingDecoder implements Decoder {
  readonly #decoder: Decoder;
  readonly #holdsPrefix: boolean;
  /** The first bytes of the stream while it is open what they are; then undefined. */
  #held: Buffer | undefined = Buffer.alloc(0);

  constructor(codec: Codec) {
    this.#decoder = codec.createDecoder();
    this.#holdsPrefix = codec.isText;
  }

  get heldBytes(): number {
    return this.#decoder.heldBytes + (this.#held?.length ?? 0);
  }

  get isFrameOpen(): boolean {
    return this.#decoder.isFrameOpen || (this.#held?.length ?? 0) > 0;
  }

  push(chunk: Buffer): FrameBatch {
    if (this.#held === undefined) return this.#decoder.push(chunk);
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#isOpen(bytes)) {
      this.#held = Buffer.from(bytes);
      return noFrames;
    }
    this.#held = undefined;
    return this.#decoder.push(bytes);
  }

  end(): FrameBatch {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined || held.length === 0) return this.#decoder.end();
    if (requestLine.test(held.toString("latin1"))) throw httpRefused(held.length);
    const before = this.#decoder.push(held);
    const last = this.#decoder.end();
    return before.count + before.dropped + before.truncated + before.lostBytes === 0
      ? last
      : joined(before, last);
  }

  /** True while more bytes are needed to tell. @throws {FramingError} HTTP_REFUSED */
  #isOpen(bytes: Buffer): boolean {
    const text = bytes.toString("latin1", 0, maxHeldBytes);
    if (!requestStart.test(text)) {
      return this.#holdsPrefix && methods.some((method) => method.startsWith(text));
    }
    if (requestLine.test(text) || (text.length >= maxHeldBytes && !text.includes("\n")))
      throw httpRefused(bytes.length);
    return !text.includes("\n");
  }
}

function httpRefused(lostBytes: number): FramingError {
  return new FramingError(
    "HTTP_REFUSED",
    "Cannot read frame: this port takes no HTTP, the stream begins as a request",
    { frames: noFrames, lostBytes },
  );
}

function joined(first: FrameBatch, second: FrameBatch): FrameBatch {
  const frames = [first, second].flatMap((batch) =>
    Array.from({ length: batch.count }, (_, index) => Buffer.from(batch.frame(index))),
  );
  return {
    count: frames.length,
    payloadBytes: first.payloadBytes + second.payloadBytes,
    frame: (index) => frames[index]!,
    dropped: first.dropped + second.dropped,
    truncated: first.truncated + second.truncated,
    lostBytes: first.lostBytes + second.lostBytes,
  };
}

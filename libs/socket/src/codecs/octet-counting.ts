import type { Codec } from "../codec.ts";
import type { Assembly } from "./assembly.ts";
import { Body } from "./body.ts";
import { DelimiterScanner } from "./delimiter.ts";
import { FrameDecoder, type Scanner } from "./frame-decoder.ts";
import { frameIncomplete, frameUnencodable } from "./framing-errors.ts";
import type { OctetCountingOptions } from "./options.ts";

const zero = 0x30;
const space = 0x20;
const lineFeed = 0x0a;
const maxDigits = 10;

/** Syslog over TCP (RFC 6587). The codec tells both framings apart frame by frame, by the rule of `OctetCountingOptions`. */
export function octetCountingCodec(options: OctetCountingOptions): Codec {
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new OctetScanner()),
    encode(payload) {
      // RFC 6587, 3.4.1: MSG-LEN begins with a digit that is not zero.
      if (payload.length === 0) throw frameUnencodable("an empty message has no octet count");
      return Buffer.concat([Buffer.from(`${payload.length} `), payload]);
    },
  };
}

class OctetScanner implements Scanner {
  readonly #body = new Body();
  readonly #line = new DelimiterScanner(Buffer.of(lineFeed));
  /** The digits at the beginning of a frame: either a size or the beginning of a line. */
  #digits = 0;
  #size = 0;

  get heldBytes(): number {
    return this.#digits;
  }

  get isFrameOpen(): boolean {
    return this.#body.isOpen || this.#line.isFrameOpen || this.#digits > 0;
  }

  scan(chunk: Buffer, start: number, frames: Assembly): number {
    if (this.#body.isOpen) return this.#body.scan(chunk, start, start, frames);
    if (this.#line.isFrameOpen) return this.#line.scan(chunk, start, frames);
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#isDigitOfSize(byte)) {
        this.#digits++;
        this.#size = this.#size * 10 + byte - zero;
      } else if (byte === space && this.#digits > 0) {
        return this.#openBody(chunk, at + 1, frames);
      } else if (byte === lineFeed && this.#digits === 0) {
        return at + 1;
      } else {
        this.#giveDigitsBack(frames);
        return this.#line.scan(chunk, at, frames);
      }
    }
    return chunk.length;
  }

  end(frames: Assembly): void {
    if (this.#body.isOpen) throw frameIncomplete(frames.heldBytes);
    this.#giveDigitsBack(frames);
    this.#line.end(frames);
  }

  #isDigitOfSize(byte: number): boolean {
    const digit = byte - zero;
    return digit >= (this.#digits === 0 ? 1 : 0) && digit <= 9 && this.#digits < maxDigits;
  }

  #openBody(chunk: Buffer, start: number, frames: Assembly): number {
    frames.declare(this.#size);
    this.#body.open(this.#size);
    this.#digits = 0;
    this.#size = 0;
    return this.#body.scan(chunk, start, start, frames);
  }

  /** Gives the digits back: the digits were no size but the beginning of a line. */
  #giveDigitsBack(frames: Assembly): void {
    if (this.#digits > 0) frames.add(Buffer.from(String(this.#size)), 0, this.#digits);
    this.#digits = 0;
    this.#size = 0;
  }
}

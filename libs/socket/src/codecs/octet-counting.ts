import type { Codec } from "../codec.ts";
import type { Assembly } from "./assembly.ts";
import { Body } from "./body.ts";
import { FrameDecoder, type Scanner } from "./frame-decoder.ts";
import { frameIncomplete, frameUnencodable } from "./framing-errors.ts";
import type { OctetCountingOptions } from "./options.ts";
import { TrailedLine } from "./trailed-line.ts";

const zero = 0x30;
const space = 0x20;
const lessThan = 0x3c;
const greaterThan = 0x3e;
/** No cap allows more digits. A line that begins with the seconds since 1970 has ten. */
const maxDigits = 9;
const maxPriority = 191;
/** The digits, the space and a priority of five bytes. */
const maxHeadBytes = maxDigits + 6;

/** Syslog over TCP (RFC 6587). The codec tells both framings apart frame by frame, by the rule of `OctetCountingOptions`. */
export function octetCountingCodec(options: OctetCountingOptions): Codec {
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new OctetScanner()),
    encode(payload) {
      const frame = Buffer.concat([Buffer.from(`${payload.length} `), payload]);
      if (!new Head().isCountedIn(frame)) throw frameUnencodable("it does not begin with a priority");
      return frame;
    },
  };
}

/** The beginning of a frame: a count, a space and a priority, or a line. The bytes are held until this is decided. */
class Head {
  readonly #bytes = Buffer.alloc(maxHeadBytes);
  #length = 0;
  /** The place behind the space; 0 while digits are read. */
  #priorityAt = 0;
  #priority = 0;
  size = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The bytes of the priority, as a copy. */
  get priority(): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#priorityAt, this.#length));
  }

  get priorityBytes(): number {
    return this.#length - this.#priorityAt;
  }

  /** Takes the next byte where the byte may belong to a head. The head is complete with "counted"; with "line" the byte is not taken. */
  take(byte: number): "more" | "counted" | "line" {
    const fits = this.#priorityAt === 0 ? this.#takeOfCount(byte) : this.#takeOfPriority(byte);
    if (!fits) return "line";
    this.#bytes[this.#length++] = byte;
    if (byte !== greaterThan) return "more";
    return this.#priority <= maxPriority && this.size >= this.priorityBytes ? "counted" : "line";
  }

  isCountedIn(frame: Buffer): boolean {
    for (const byte of frame.subarray(0, maxHeadBytes)) {
      const result = this.take(byte);
      if (result !== "more") return result === "counted";
    }
    return false;
  }

  clear(): void {
    this.#length = this.#priorityAt = this.#priority = this.size = 0;
  }

  #takeOfCount(byte: number): boolean {
    if (byte === space && this.#length > 0) {
      this.#priorityAt = this.#length + 1;
      return true;
    }
    const digit = byte - zero;
    const isDigit = digit >= (this.#length === 0 ? 1 : 0) && digit <= 9 && this.#length < maxDigits;
    if (isDigit) this.size = this.size * 10 + digit;
    return isDigit;
  }

  #takeOfPriority(byte: number): boolean {
    const place = this.priorityBytes;
    if (place === 0) return byte === lessThan;
    if (byte === greaterThan) return place > 1;
    const digit = byte - zero;
    const isDigit = digit >= 0 && digit <= 9 && place <= 3;
    if (isDigit) this.#priority = this.#priority * 10 + digit;
    return isDigit;
  }
}

class OctetScanner implements Scanner {
  readonly #head = new Head();
  readonly #body = new Body();
  readonly #line = new TrailedLine();

  get heldBytes(): number {
    return this.#head.length + this.#line.heldBytes;
  }

  get isFrameOpen(): boolean {
    return this.#body.isOpen || this.#line.isOpen || this.#head.length > 0;
  }

  scan(chunk: Buffer, start: number, frames: Assembly): number {
    if (start === 0) this.#line.onChunk();
    if (this.#body.isOpen) return this.#body.scan(chunk, start, start, frames);
    if (this.#line.isOpen) return this.#line.scan(chunk, start, frames);
    let begin = start;
    if (this.#head.length === 0) {
      while (begin < chunk.length && TrailedLine.isTrailer(chunk[begin]!)) begin++;
    }
    const held = this.#head.length;
    for (let at = begin; at < chunk.length; at++) {
      const result = this.#head.take(chunk[at]!);
      if (result === "counted") return this.#openBody(chunk, at + 1, held > 0, frames);
      if (result === "line") return this.#openLine(chunk, begin, held, frames);
    }
    return chunk.length;
  }

  end(frames: Assembly): void {
    if (this.#body.isOpen) throw frameIncomplete(frames.heldBytes);
    if (this.#head.length > 0) this.#giveBack(this.#head.length, frames);
    this.#line.end(frames);
  }

  #openBody(chunk: Buffer, headEnd: number, isSplit: boolean, frames: Assembly): number {
    const { size, priorityBytes } = this.#head;
    // The priority may have come in the chunks before.
    const priority = isSplit ? this.#head.priority : undefined;
    this.#head.clear();
    this.#body.open(size);
    frames.declare(size);
    const from = headEnd - priorityBytes;
    if (priority === undefined) return this.#body.scan(chunk, from, from, frames);
    this.#body.scan(priority, 0, 0, frames);
    return headEnd;
  }

  /** @param held bytes of the head that came in the chunks before */
  #openLine(chunk: Buffer, begin: number, held: number, frames: Assembly): number {
    this.#giveBack(held, frames);
    return this.#line.scan(chunk, begin, frames);
  }

  #giveBack(bytes: number, frames: Assembly): void {
    const { bytes: head } = this.#head;
    this.#line.open(head.subarray(0, bytes), frames);
    this.#head.clear();
  }
}

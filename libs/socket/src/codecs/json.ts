import type { Codec } from "../codec.ts";
import type { Assembly } from "./assembly.ts";
import { FrameDecoder, type Scanner } from "./frame-decoder.ts";
import { frameIncomplete, frameInvalid, frameUnencodable } from "./framing-errors.ts";
import type { JsonOptions } from "./options.ts";
import { requireInteger } from "./validate.ts";

/** Space, tab, LF, CR (RFC 8259), and RS, which begins each text of RFC 7464. */
const whiteSpace: ReadonlySet<number> = new Set(Buffer.from(" \t\n\r\x1e"));
/** The bytes that can begin a number, true, false or null. */
const scalarStarts: ReadonlySet<number> = new Set(Buffer.from("-0123456789tfn"));
const structure: ReadonlySet<number> = new Set(Buffer.from('{}[]",:'));
/** The mark of UTF-8 that some senders put before their first value. */
const byteOrderMark = Buffer.from("\ufeff");
const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** 1 for the bytes that have a meaning in an object or an array, outside of strings. */
const isNestedMark = Uint8Array.from({ length: 256 }, (_, byte) =>
  [quote, openBracket, closeBracket, openBrace, closeBrace].includes(byte) ? 1 : 0,
);

/** The codec of JSON values one after the other. `encode` writes each value on a line. */
export function jsonCodec(options: JsonOptions): Codec {
  const maxDepth = requireInteger("maxDepth", options.maxDepth ?? 128, 1, 100_000);
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new JsonScanner(maxDepth)),
    encode(payload) {
      const text = Buffer.from(payload);
      if (!isOneValue(text)) throw frameUnencodable("it is not one JSON value without white space around it");
      return Buffer.concat([text, Buffer.from("\n")]);
    },
  };
}

function isOneValue(text: Buffer): boolean {
  try {
    JSON.parse(text.toString("utf8"));
  } catch {
    return false;
  }
  return !whiteSpace.has(text[0]!) && !whiteSpace.has(text.at(-1)!);
}

class JsonScanner implements Scanner {
  readonly #maxDepth: number;
  #state: "between" | "nested" | "string" | "escape" | "scalar" = "between";
  #depth = 0;
  /** Bytes of the byte order mark that have come. */
  #marked = 0;
  #isAtBeginning = true;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  get heldBytes(): number {
    return this.#isAtBeginning ? this.#marked : 0;
  }

  get isFrameOpen(): boolean {
    return this.#state !== "between" || this.heldBytes > 0;
  }

  scan(chunk: Buffer, start: number, frames: Assembly): number {
    let from = this.#isAtBeginning ? this.#passMark(chunk, start) : start;
    if (this.#state === "between") {
      while (from < chunk.length && whiteSpace.has(chunk[from]!)) from++;
      if (from === chunk.length) return from;
      if (scalarStarts.has(chunk[from]!)) this.#state = "scalar";
    }
    for (let at = from; at < chunk.length; at++) {
      if (this.#state === "scalar") {
        if (structure.has(chunk[at]!))
          this.#refuse("a scalar must end with white space", chunk, from, at, frames);
        if (!whiteSpace.has(chunk[at]!)) continue;
        this.#state = "between";
        frames.finish(chunk, from, at);
        return at + 1;
      }
      at = this.#next(chunk, at);
      if (at === chunk.length) break;
      const fault = this.#step(chunk[at]!);
      if (fault !== undefined) this.#refuse(fault, chunk, from, at, frames);
      if (this.#state === "between") {
        frames.finish(chunk, from, at + 1);
        return at + 1;
      }
    }
    frames.add(chunk, from, chunk.length);
    return chunk.length;
  }

  end(frames: Assembly): void {
    if (this.#state === "scalar") frames.finish(Buffer.alloc(0), 0, 0);
    else if (this.isFrameOpen) throw frameIncomplete(frames.heldBytes + this.heldBytes);
    this.#state = "between";
  }

  /** The place behind the byte order mark, as far as the mark has come. */
  #passMark(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && chunk[at] === byteOrderMark[this.#marked]) {
      at++;
      this.#marked++;
    }
    if (at === chunk.length && this.#marked < byteOrderMark.length) return at;
    this.#isAtBeginning = false;
    if (this.#marked > 0 && this.#marked < byteOrderMark.length)
      throw frameInvalid(`byte ${byteOrderMark[0]} begins no JSON value`);
    return at;
  }

  /** The next byte that has a meaning in a string, an object or an array. Most bytes have none. */
  #next(chunk: Buffer, start: number): number {
    let at = start;
    if (this.#state === "string") {
      while (at < chunk.length && chunk[at] !== quote && chunk[at] !== backslash) at++;
    } else if (this.#state === "nested") {
      while (at < chunk.length && isNestedMark[chunk[at]!] === 0) at++;
    }
    return at;
  }

  /**
   * Refuses a fault. The bytes before the fault are counted first, so that the split of the bytes does not decide whether these
   * were too many.
   */
  #refuse(fault: string, chunk: Buffer, start: number, end: number, frames: Assembly): never {
    frames.add(chunk, start, end);
    throw frameInvalid(fault);
  }

  /**
   * Takes the next byte of an object, an array or a string. After the last byte the state is `between`. Returns the fault, if
   * there is one.
   */
  #step(byte: number): string | undefined {
    if (this.#state === "escape") {
      this.#state = "string";
    } else if (this.#state === "string") {
      if (byte === backslash) this.#state = "escape";
      else if (byte === quote) this.#state = this.#depth === 0 ? "between" : "nested";
    } else if (byte === quote) {
      this.#state = "string";
    } else if (byte === openBrace || byte === openBracket) {
      this.#state = "nested";
      if (++this.#depth > this.#maxDepth) return `it is nested deeper than ${this.#maxDepth}`;
    } else if (this.#state === "between") {
      return `byte ${byte} begins no JSON value`;
    } else if ((byte === closeBrace || byte === closeBracket) && --this.#depth === 0) {
      this.#state = "between";
    }
    return undefined;
  }
}

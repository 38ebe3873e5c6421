import type { Codec } from "../codec.ts";
import { CountedScanner, type SizeReader } from "./counted.ts";
import { delimiterBytes } from "./delimiter.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { frameInvalid, frameUnencodable } from "./framing-errors.ts";
import type { AsciiSizeOptions } from "./options.ts";
import { badCodec, requireInteger } from "./validate.ts";

const zero = 0x30;
const carriageReturn = 0x0d;
/** The most digits of a size. Every number of so many digits is exact. */
const maxDigits = 15;

/** Frames behind their size in decimal text. */
export function asciiSizeCodec(options: AsciiSizeOptions): Codec {
  return options.width === undefined ? terminated(options) : ofWidth(options, options.width);
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= zero + 9;
}

function terminated(options: AsciiSizeOptions): Codec {
  const name = options.terminator ?? "newline";
  const terminator = delimiterBytes(name);
  if (isDigit(terminator[0]!)) throw badCodec("terminator begins with a digit");
  return {
    name: options.name,
    isText: false,
    createDecoder: () =>
      new FrameDecoder(options, new CountedScanner(terminatedReader(terminator, name === "newline"))),
    encode: (payload) => Buffer.concat([Buffer.from(String(payload.length)), terminator, payload]),
  };
}

function terminatedReader(terminator: Buffer, allowsCr: boolean): SizeReader {
  let size = 0;
  let digits = 0;
  let matched = 0;
  let hasCr = false;
  return {
    read(byte) {
      if (matched === 0 && !hasCr && isDigit(byte) && digits < maxDigits) {
        digits++;
        size = size * 10 + byte - zero;
        return undefined;
      }
      if (digits > 0 && byte === terminator[matched]) {
        if (++matched < terminator.length) return undefined;
        const complete = size;
        size = digits = matched = 0;
        hasCr = false;
        return complete;
      }
      if (!allowsCr || digits === 0 || hasCr || byte !== carriageReturn) {
        throw frameInvalid(`its size is not 1 to ${maxDigits} digits and their terminator`);
      }
      hasCr = true;
      return undefined;
    },
  };
}

function ofWidth(options: AsciiSizeOptions, width: number): Codec {
  requireInteger("width", width, 1, 20);
  if (options.terminator !== undefined) throw badCodec("terminator and width exclude each other");
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new CountedScanner(widthReader(width))),
    encode(payload) {
      const size = String(payload.length).padStart(width, "0");
      if (size.length > width) throw frameUnencodable(`its size ${size} has more than ${width} digits`);
      return Buffer.concat([Buffer.from(size), payload]);
    },
  };
}

function widthReader(width: number): SizeReader {
  let text = "";
  return {
    read(byte) {
      text += String.fromCharCode(byte);
      if (text.length < width) return undefined;
      const size = /^ *\d+ *$/.test(text) ? Number(text) : Number.NaN;
      if (!Number.isSafeInteger(size))
        throw frameInvalid(`its size ${JSON.stringify(text)} is no decimal number`);
      text = "";
      return size;
    },
  };
}

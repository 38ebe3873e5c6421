import type { Codec } from "../codec.ts";
import type { Assembly } from "./assembly.ts";
import { FrameDecoder, type Scanner } from "./frame-decoder.ts";
import { frameIncomplete, frameUnencodable } from "./framing-errors.ts";
import { Gap } from "./gap.ts";
import type { StxEtxOptions } from "./options.ts";
import { requireChoice } from "./validate.ts";

const startOfText = 0x02;
const endOfText = 0x03;
const dataLinkEscape = 0x10;

/** Frames between STX and ETX, as scales, scanners and terminals send them. */
export function stxEtxCodec(options: StxEtxOptions): Codec {
  const isEscaped = requireChoice("escape", options.escape ?? "none", ["none", "dle"]) === "dle";
  const isChecked = requireChoice("check", options.check ?? "none", ["none", "lrc"]) === "lrc";
  return {
    name: options.name,
    isText: false,
    createDecoder: () => new FrameDecoder(options, new StxEtxScanner(isEscaped, isChecked)),
    encode(payload) {
      if (!isEscaped && payload.includes(endOfText))
        throw frameUnencodable("it contains ETX, and escape is none");
      const sent = [...(isEscaped ? stuff(payload) : payload), endOfText];
      if (isChecked) sent.push(sent.reduce((sum, byte) => sum ^ byte, 0));
      return Buffer.from([startOfText, ...sent]);
    },
  };
}

function* stuff(payload: Uint8Array): Generator<number> {
  for (const byte of payload) {
    if (byte === startOfText || byte === endOfText || byte === dataLinkEscape) yield dataLinkEscape;
    yield byte;
  }
}

class StxEtxScanner implements Scanner {
  readonly #isEscaped: boolean;
  readonly #isChecked: boolean;
  readonly #gap = new Gap(startOfText);
  #state: "gap" | "text" | "escape" | "check" = "gap";
  #check = 0;

  constructor(isEscaped: boolean, isChecked: boolean) {
    this.#isEscaped = isEscaped;
    this.#isChecked = isChecked;
  }

  get heldBytes(): number {
    return this.#state === "escape" || this.#state === "check" ? 1 : 0;
  }

  get isFrameOpen(): boolean {
    return this.#state !== "gap";
  }

  scan(chunk: Buffer, start: number, frames: Assembly): number {
    if (this.#state === "gap") {
      const begin = this.#gap.scan(chunk, start, frames);
      if (begin === -1) return chunk.length;
      this.#state = "text";
      this.#check = 0;
      return begin;
    }
    if (this.#state === "check") {
      this.#state = "gap";
      if (chunk[start] === this.#check) frames.finish(chunk, start, start);
      else frames.reject(`its check is ${chunk[start]}, not ${this.#check}`);
      return start + 1;
    }
    return this.#scanText(chunk, start, frames);
  }

  end(frames: Assembly): void {
    if (this.isFrameOpen) throw frameIncomplete(frames.heldBytes + this.heldBytes);
  }

  #scanText(chunk: Buffer, start: number, frames: Assembly): number {
    let from = start;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      this.#check ^= byte;
      if (this.#state === "escape") {
        this.#state = "text";
      } else if (this.#isEscaped && byte === dataLinkEscape) {
        frames.add(chunk, from, at);
        from = at + 1;
        this.#state = "escape";
      } else if (byte === endOfText) {
        this.#endText(chunk, from, at, frames);
        return at + 1;
      }
    }
    frames.add(chunk, from, chunk.length);
    return chunk.length;
  }

  #endText(chunk: Buffer, start: number, end: number, frames: Assembly): void {
    this.#state = this.#isChecked ? "check" : "gap";
    if (this.#isChecked) frames.add(chunk, start, end);
    else frames.finish(chunk, start, end);
  }
}

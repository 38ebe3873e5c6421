import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode } from "../../test/splitting.ts";
import { createCodec } from "./create-codec.ts";
import type { LinesOptions } from "./options.ts";

const lines = (options: Partial<LinesOptions> = {}) =>
  createCodec({ name: "lines", maxFrameBytes: 8, oversize: "close", ...options });

const cases: readonly (readonly [string, Partial<LinesOptions>, string, readonly string[]])[] = [
  ["LF", {}, "a\nb\n", ["a", "b"]],
  ["CRLF", {}, "a\r\nb\r\n", ["a", "b"]],
  ["both mixed", {}, "a\r\nb\nc\r\n", ["a", "b", "c"]],
  ["empty lines", {}, "\n\r\n\n", ["", "", ""]],
  ["only one CR is stripped", {}, "a\r\r\n", ["a\r"]],
  ["a CR inside stays", {}, "a\rb\n", ["a\rb"]],
  ["the unterminated rest", {}, "a\nrest", ["a", "rest"]],
  ["the unterminated rest and its CR", {}, "a\nrest\r", ["a", "rest"]],
  ["lf keeps CR", { delimiter: "lf" }, "a\r\nb\n", ["a\r", "b"]],
  ["crlf keeps lone LF and CR", { delimiter: "crlf" }, "a\nb\rc\r\nd", ["a\nb\rc", "d"]],
  ["nul", { delimiter: "nul" }, "a\n\0b\0", ["a\n", "b"]],
  ["text", { delimiter: "text:||" }, "a|b||c|||d", ["a|b", "c", "|d"]],
  ["hex", { delimiter: "hex:0d0A" }, "a\r\nb", ["a", "b"]],
  ["a delimiter that begins like itself", { delimiter: "text:aab" }, "xaaabyaab", ["xa", "y"]],
  ["half a delimiter at the end", { delimiter: "crlf" }, "a\r", ["a\r"]],
  ["exactly the cap", {}, "12345678\n12345678\r\n", ["12345678", "12345678"]],
];

describe("lines", () => {
  for (const [title, options, text, frames] of cases) {
    test(`decodes ${title}`, () => {
      assert.deepEqual(decode(lines(options), [Buffer.from(text)]).frames, frames);
    });
  }

  test("push() gives the lines of a chunk as a view of it, without a copy", () => {
    const chunk = Buffer.from("one\ntwo\nrest");
    const batch = lines().createDecoder().push(chunk);
    assert.equal(batch.lines?.toString(), "one\ntwo\n");
    assert.equal(batch.lines?.buffer, chunk.buffer);
    assert.equal(batch.lines?.byteOffset, chunk.byteOffset);
    assert.equal(batch.ownsLines, false);
    assert.equal(batch.frame(1).toString(), "two");
    assert.equal(batch.frame(0).toString(), "one");
  });

  test("push() gives lines of which one was split as its own, apart from the chunk", () => {
    const decoder = lines().createDecoder();
    decoder.push(Buffer.from("on"));
    const chunk = Buffer.from("e\ntwo\nrest");
    const batch = decoder.push(chunk);
    chunk.fill(0);
    assert.deepEqual([batch.lines?.toString(), batch.ownsLines], ["one\ntwo\n", true]);
  });

  test("push() gives the lines in one piece, each ended by LF, also where CR is stripped or a line was cut", () => {
    const decoder = lines({ oversize: "truncate" }).createDecoder();
    assert.equal(decoder.push(Buffer.from("a\r\nlo")).lines?.toString(), "a\n");
    assert.equal(decoder.push(Buffer.from("ng\n1234567890\nz")).lines?.toString(), "long\n12345678\n");
    assert.equal(decoder.end().lines?.toString(), "z\n");
  });

  test("push() of a line cut over chunks still counts as truncated when its LF comes", () => {
    const decoder = lines({ oversize: "truncate" }).createDecoder();
    assert.deepEqual([decoder.push(Buffer.from("1234567890")).truncated, decoder.heldBytes], [0, 8]);
    const batch = decoder.push(Buffer.from("more\nnext\n"));
    assert.deepEqual([batch.count, batch.truncated, batch.lines?.toString()], [2, 1, "12345678\nnext\n"]);
  });

  test("push() of a stream without any delimiter holds nothing once the line is dropped", () => {
    const decoder = lines({ oversize: "drop" }).createDecoder();
    let dropped = 0;
    for (let chunk = 0; chunk < 100; chunk++) dropped += decoder.push(Buffer.alloc(1_000, "x")).dropped;
    assert.deepEqual([dropped, decoder.heldBytes], [1, 0]);
  });

  test("isText is true only where a frame cannot contain LF", () => {
    const texts = (["newline", "lf", "crlf", "nul"] as const).map((delimiter) => lines({ delimiter }).isText);
    assert.deepEqual(texts, [true, true, false, false]);
  });

  for (const [title, options, payload] of [
    ["LF", {}, "a\nb"],
    ["a last CR that would be stripped", {}, "a\r"],
    ["the delimiter", { delimiter: "text:||" }, "a||b"],
    ["the delimiter's beginning at its end", { delimiter: "text:||" }, "a|"],
  ] as const) {
    test(`encode() refuses ${title}`, () => {
      assert.throws(() => lines(options).encode(Buffer.from(payload)), { code: "FRAME_UNENCODABLE" });
    });
  }
});

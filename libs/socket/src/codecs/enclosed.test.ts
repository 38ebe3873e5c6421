import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode } from "../../test/splitting.ts";
import { createCodec } from "./create-codec.ts";
import type { CodecOptions, JsonOptions, MllpOptions, StxEtxOptions } from "./options.ts";

type Given = Partial<CodecOptions> &
  (
    | Pick<MllpOptions, "name">
    | Omit<StxEtxOptions, "maxFrameBytes" | "oversize">
    | Pick<JsonOptions, "name" | "maxDepth">
  );
const codecOf = (given: Given) =>
  createCodec({ maxFrameBytes: 20, oversize: "close", ...given } as CodecOptions);

/** Bytes as latin1; frames; dropped; the error's code. */
type Case = readonly [
  title: string,
  given: Given,
  bytes: string,
  frames: readonly string[],
  dropped: number,
  error?: string,
];
const mllp = { name: "mllp" } as const;
const stx = { name: "stx-etx" } as const;
const json = { name: "json" } as const;
const cases: readonly Case[] = [
  [
    "blocks, CR and LF between them",
    mllp,
    "\x0bMSH|a\rPID\x1c\r\r\n\x0bMSH|b\x1c\r",
    ["MSH|a\rPID", "MSH|b"],
    0,
  ],
  ["FS without CR", mllp, "\x0ba\x1c\x0bb\x1c\n\x0bc\x1c", ["a", "b", "c"], 0],
  ["a message that the next one cuts off: close", mllp, "\x0ba\x0bb\x1c\r", [], 0, "FRAME_INVALID"],
  ["a message cut off: drop", { ...mllp, oversize: "drop" }, "\x0ba\x0bb\x1c\r", ["b"], 1],
  ["bytes between blocks: close", mllp, "\x0ba\x1c\rxx\x0bb\x1c\r", ["a"], 0, "FRAME_INVALID"],
  [
    "bytes between blocks: drop",
    { ...mllp, oversize: "drop" },
    "xx\r\nyy\x0bb\x1c\rz\x0bc\x1c\r",
    ["b", "c"],
    2,
  ],
  ["an end inside a block", mllp, "\x0ba", [], 0, "FRAME_INCOMPLETE"],
  ["frames", stx, "\x02abc\x03\r\n\x02\x03", ["abc", ""], 0],
  ["STX inside a frame", stx, "\x02a\x02b\x03", ["a\x02b"], 0],
  ["escapes", { ...stx, escape: "dle" }, "\x02a\x10\x03\x10\x10\x10\x02b\x03", ["a\x03\x10\x02b"], 0],
  ["a right check", { ...stx, check: "lrc" }, "\x02ab\x03\x00", ["ab"], 0],
  ["a wrong check: close", { ...stx, check: "lrc" }, "\x02ab\x03\x01", [], 0, "FRAME_INVALID"],
  [
    "a wrong check: drop",
    { ...stx, check: "lrc", oversize: "drop" },
    "\x02ab\x03\x01\x02ab\x03\x00",
    ["ab"],
    1,
  ],
  [
    "a wrong check of a frame over the cap",
    { ...stx, check: "lrc", oversize: "drop", maxFrameBytes: 1 },
    "\x02ab\x03\x01",
    [],
    1,
  ],
  ["bytes between frames: truncate", { ...stx, oversize: "truncate" }, "xy\x02a\x03", ["a"], 1],
  ["an end before the check", { ...stx, check: "lrc" }, "\x02ab\x03", [], 0, "FRAME_INCOMPLETE"],
  ["concatenated values", json, '{"a":1}[2]"s"{}', ['{"a":1}', "[2]", '"s"', "{}"], 0],
  ["NDJSON", json, '{"a":"x"}\r\n\n[1]\n', ['{"a":"x"}', "[1]"], 0],
  ["a byte order mark at the beginning", json, "\xef\xbb\xbf{}\n[1]", ["{}", "[1]"], 0],
  ["a byte order mark later", json, "{}\xef\xbb\xbf{}", ["{}"], 0, "FRAME_INVALID"],
  ["half a byte order mark", json, "\xef\xbb{}", [], 0, "FRAME_INVALID"],
  ["an end inside a byte order mark", json, "\xef\xbb", [], 0, "FRAME_INCOMPLETE"],
  ["JSON text sequences", json, "\x1e{}\n\x1e[1]\n", ["{}", "[1]"], 0],
  ["brackets and quotes in strings", json, '{"]\\"}":"{\\\\"}', ['{"]\\"}":"{\\\\"}'], 0],
  ["scalars", json, "1 -2.5e3\ttrue null\nfalse", ["1", "-2.5e3", "true", "null", "false"], 0],
  ["a scalar that something follows", json, "1{}", [], 0, "FRAME_INVALID"],
  ["what begins no value", json, "{}hello", ["{}"], 0, "FRAME_INVALID"],
  ["a bracket too many", json, "{}}", ["{}"], 0, "FRAME_INVALID"],
  ["the deepest allowed", { ...json, maxDepth: 3 }, "[[[]]]", ["[[[]]]"], 0],
  ["deeper than allowed", { ...json, maxDepth: 2 }, "[][[[]]]", ["[]"], 0, "FRAME_INVALID"],
  ["an end inside a value", json, '{"a":', [], 0, "FRAME_INCOMPLETE"],
];

describe("frames between marks", () => {
  for (const [title, given, bytes, frames, dropped, error] of cases) {
    test(`${given.name} decodes ${title}`, () => {
      const decoded = decode(codecOf(given), [Buffer.from(bytes, "latin1")]);
      assert.deepEqual([decoded.frames, decoded.dropped, decoded.error], [frames, dropped, error]);
    });
  }

  for (const [title, given, payload] of [
    ["FS", mllp, "a\x1cb"],
    ["VT", mllp, "a\x0bb"],
    ["ETX without escape", stx, "a\x03"],
    ["two values", json, "{}{}"],
    ["white space around", json, " {}"],
    ["no JSON", json, "{'a':1}"],
  ] as const satisfies readonly (readonly [string, Given, string])[]) {
    test(`${given.name} encode() refuses ${title}`, () => {
      assert.throws(() => codecOf(given).encode(Buffer.from(payload, "latin1")), {
        code: "FRAME_UNENCODABLE",
      });
    });
  }
});

describe("raw", () => {
  const codec = createCodec({ name: "raw", maxFrameBytes: 4, oversize: "close" });

  test("push() gives every chunk as a frame, cut at the cap, and holds nothing", () => {
    const { frames, maxHeldBytes, dropped, truncated } = decode(
      codec,
      ["ab", "", "cdefghijk"].map((text) => Buffer.from(text)),
    );
    assert.deepEqual([frames, maxHeldBytes, dropped, truncated], [["ab", "cdef", "ghij", "k"], 0, 0, 0]);
  });

  test("encode() refuses a frame without a byte", () => {
    assert.throws(() => codec.encode(Buffer.alloc(0)), { code: "FRAME_UNENCODABLE" });
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode } from "../../test/splitting.ts";
import { createCodec } from "./create-codec.ts";
import type { CodecOptions } from "./options.ts";

type Given = CodecOptions extends infer T
  ? T extends CodecOptions
    ? Omit<T, "maxFrameBytes" | "oversize">
    : never
  : never;
const codecOf = (given: Given, oversize: CodecOptions["oversize"] = "close") =>
  createCodec({ maxFrameBytes: 10, oversize, ...given } as CodecOptions);

const syslog = { name: "octet-counting" } as const;
const prefix = { name: "length-prefix" } as const;
/** Bytes as latin1; frames; the error's code. */
type Case = readonly [title: string, given: Given, bytes: string, frames: readonly string[], error?: string];
const cases: readonly Case[] = [
  ["4 bytes big endian by default", prefix, "\0\0\0\x02ab\0\0\0\0", ["ab", ""]],
  ["little endian", { ...prefix, lengthBytes: 2, endian: "little" }, "\x02\0ab", ["ab"]],
  ["an offset before the length", { ...prefix, lengthBytes: 1, lengthOffset: 2 }, "zz\x02ab", ["ab"]],
  [
    "a length that counts its header",
    { ...prefix, lengthBytes: 1, lengthIncludesHeader: true },
    "\x03ab",
    ["ab"],
  ],
  ["a length that counts too much", { ...prefix, lengthBytes: 1, lengthAdjustment: -4 }, "\x06ab", ["ab"]],
  ["a field behind the length", { ...prefix, lengthBytes: 1, lengthAdjustment: 1 }, "\x02Tab", ["Tab"]],
  ["a kept header", { ...prefix, lengthBytes: 1, lengthOffset: 1, keepHeader: true }, "z\x02ab", ["z\x02ab"]],
  [
    "a length less than its header",
    { ...prefix, lengthBytes: 1, lengthIncludesHeader: true },
    "\0",
    [],
    "FRAME_INVALID",
  ],
  ["a length over 2^53", { ...prefix, lengthBytes: 8 }, "\0\x20\0\0\0\0\0\0", [], "FRAME_INVALID"],
  [
    "a little length over 2^53",
    { ...prefix, lengthBytes: 8, endian: "little" },
    "\0\0\0\0\0\0\x20\0",
    [],
    "FRAME_INVALID",
  ],
  [
    "the largest length",
    { ...prefix, lengthBytes: 8 },
    "\0\x1f\xff\xff\xff\xff\xff\xff",
    [],
    "FRAME_TOO_LARGE",
  ],
  ["an end inside the header", prefix, "\0\0", [], "FRAME_INCOMPLETE"],
  ["an end inside the body", prefix, "\0\0\0\x01a\0\0\0\x02b", ["a"], "FRAME_INCOMPLETE"],
  ["varints", { name: "varint" }, "\x02ab\0\x01c", ["ab", "", "c"]],
  ["an overlong varint", { name: "varint" }, "\x82\0ab", [], "FRAME_INVALID"],
  ["a varint of 2^53", { name: "varint" }, "\x80\x80\x80\x80\x80\x80\x80\x10", [], "FRAME_INVALID"],
  ["a varint of 2^53 - 1", { name: "varint" }, "\xff\xff\xff\xff\xff\xff\xff\x0f", [], "FRAME_TOO_LARGE"],
  ["a varint that does not end", { name: "varint" }, "\x80\x80\x80\x80\x80\x80\x80\x80", [], "FRAME_INVALID"],
  ["netstrings", { name: "netstring" }, "5:hello,0:,", ["hello", ""]],
  ["a netstring with a leading zero", { name: "netstring" }, "05:hello,", [], "FRAME_INVALID"],
  ["a netstring without its comma", { name: "netstring" }, "1:a,5:hello;", ["a"], "FRAME_INVALID"],
  ["a netstring without a size", { name: "netstring" }, ":a,", [], "FRAME_INVALID"],
  ["a netstring with a sign", { name: "netstring" }, "+1:a,", [], "FRAME_INVALID"],
  ["a netstring over 2^53", { name: "netstring" }, "99999999999999999:", [], "FRAME_INVALID"],
  ["an end before the comma", { name: "netstring" }, "1:a", [], "FRAME_INCOMPLETE"],
  ["octet counts", syslog, "6 <1>a\nb4 <2>c", ["<1>a\nb", "<2>c"]],
  ["lines among octet counts", syslog, "<1>a\n4 <1>c<2>b\n", ["<1>a", "<1>c", "<2>b"]],
  ["a LF behind a counted frame", syslog, "4 <1>a\n4 <1>b\n", ["<1>a", "<1>b"]],
  ["lines that NUL ends", syslog, "<1>a\0<1>b\0", ["<1>a", "<1>b"]],
  ["lines that CR LF ends, and an empty one", syslog, "<1>a\r\n<1>b\r\n\r\n", ["<1>a", "<1>b"]],
  ["all trailers among each other", syslog, "<1>a\n\0<1>b\r\0\r\n<1>c\0\n", ["<1>a", "<1>b", "<1>c"]],
  ["a CR inside a line", syslog, "<1>a\rb\r\r\n", ["<1>a\rb\r"]],
  ["a CR at the end of the stream", syslog, "<1>a\r", ["<1>a"]],
  ["a line that begins with digits", syslog, "12:30 x\n", ["12:30 x"]],
  ["a line that begins with 0", syslog, "02 <1>ab\n", ["02 <1>ab"]],
  ["a line of digits at the end", syslog, "4 <1>a123", ["<1>a", "123"]],
  ["a number that no message follows", syslog, "9 minutes\n<1>one\n", ["9 minutes", "<1>one"]],
  ["two numbers", syslog, "16 3 TCP\n<1>b\n", ["16 3 TCP", "<1>b"]],
  ["a number before what is no priority", syslog, "9 <192>a\n9 <x>\n9 <>\n", ["9 <192>a", "9 <x>", "9 <>"]],
  ["a number less than the priority", syslog, "3 <13>a\n", ["3 <13>a"]],
  ["ten digits, the seconds since 1970", syslog, "1682812800\n", ["1682812800"]],
  ["ten digits before a message", syslog, "1682812800 <1>a\n", [], "FRAME_TOO_LARGE"],
  ["a count over the cap", syslog, "11 <1>a", [], "FRAME_TOO_LARGE"],
  ["an end inside a counted frame", syslog, "5 <1>a", [], "FRAME_INCOMPLETE"],
  ["an end inside a count", syslog, "5 <1", ["5 <1"]],
  ["a size and LF", { name: "ascii-size" }, "2\nab0\n", ["ab", ""]],
  ["a size and CRLF", { name: "ascii-size" }, "2\r\nab", ["ab"]],
  ["a size with leading zeros", { name: "ascii-size" }, "002\nab", ["ab"]],
  ["a size and its terminator", { name: "ascii-size", terminator: "text:::" }, "2::ab", ["ab"]],
  ["no size", { name: "ascii-size" }, "\nab", [], "FRAME_INVALID"],
  ["a size that is no number", { name: "ascii-size" }, "2x\nab", [], "FRAME_INVALID"],
  ["a size with digits behind CR", { name: "ascii-size" }, "2\r2\nab", [], "FRAME_INVALID"],
  ["a size of sixteen digits", { name: "ascii-size" }, "1234567890123456\n", [], "FRAME_INVALID"],
  ["a size of a width", { name: "ascii-size", width: 4 }, "0002ab   1c1   d", ["ab", "c", "d"]],
  ["a width without digits", { name: "ascii-size", width: 2 }, "  ", [], "FRAME_INVALID"],
  ["fixed frames", { name: "fixed", frameBytes: 2 }, "abcd", ["ab", "cd"]],
  ["an end inside a fixed frame", { name: "fixed", frameBytes: 2 }, "abc", ["ab"], "FRAME_INCOMPLETE"],
];

describe("frames of a size that is known", () => {
  for (const [title, given, bytes, frames, error] of cases) {
    test(`${given.name} decodes ${title}`, () => {
      const decoded = decode(codecOf(given), [Buffer.from(bytes, "latin1")]);
      assert.deepEqual([decoded.frames, decoded.error], [frames, error]);
    });
  }

  test("a declared size over the cap raises FRAME_TOO_LARGE before a byte of the body has come", () => {
    const decoder = codecOf({ name: "netstring" }).createDecoder();
    assert.throws(() => decoder.push(Buffer.from("9999:")), { code: "FRAME_TOO_LARGE" });
  });

  test("a declared size over the cap with the policy drop is skipped to the byte and never held", () => {
    const decoder = codecOf(prefix, "drop").createDecoder();
    const header = Buffer.alloc(4);
    header.writeUInt32BE(1_000_000);
    assert.equal(decoder.push(header).dropped, 1);
    for (let chunk = 0; chunk < 1_000; chunk++) {
      assert.equal(decoder.push(Buffer.alloc(1_000, 1)).count, 0);
      assert.equal(decoder.heldBytes, 0);
    }
    assert.equal(decoder.push(Buffer.from("\0\0\0\x02ok")).frame(0).toString(), "ok");
  });

  for (const [title, given, payload] of [
    ["another size", { name: "fixed", frameBytes: 2 }, "a"],
    ["more than the length can say", { ...prefix, lengthBytes: 1 }, "x".repeat(256)],
    ["less than the adjustment allows", { ...prefix, lengthAdjustment: 3 }, "ab"],
    ["a header that says another length", { ...prefix, lengthBytes: 1, keepHeader: true }, "\x05ab"],
    ["less than a header", { ...prefix, keepHeader: true }, "ab"],
    ["an empty message", syslog, ""],
    ["a message without a priority", syslog, "abc"],
    ["more digits than the width", { name: "ascii-size", width: 1 }, "x".repeat(10)],
  ] as const satisfies readonly (readonly [string, Given, string])[]) {
    test(`${given.name} encode() refuses ${title}`, () => {
      assert.throws(() => codecOf(given).encode(Buffer.from(payload, "latin1")), {
        code: "FRAME_UNENCODABLE",
      });
    });
  }

  test("length-prefix encode() with keepHeader is the identity of a whole frame", () => {
    const codec = codecOf({ ...prefix, lengthBytes: 2, lengthOffset: 1, keepHeader: true });
    const frame = Buffer.from("T\0\x03abc", "latin1");
    assert.deepEqual(codec.encode(frame), frame);
    for (const chunks of [[frame], [frame.subarray(0, 2), frame.subarray(2, 4), frame.subarray(4)]]) {
      assert.deepEqual(decode(codec, chunks).frames, ["T\0\x03abc"]);
    }
  });
});

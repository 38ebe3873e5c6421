import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createCodec } from "./create-codec.ts";
import { type CodecOptions, codecNames } from "./options.ts";

const limits = { maxFrameBytes: 100, oversize: "drop" };

describe("createCodec()", () => {
  for (const name of codecNames) {
    test(`makes ${name} by its name`, () => {
      assert.equal(createCodec({ name, frameBytes: 4, ...limits } as CodecOptions).name, name);
    });
  }

  for (const [title, options] of [
    ["an unknown name", { name: "morse" }],
    ["a name of Object", { name: "constructor" }],
    ["no cap", { name: "lines", maxFrameBytes: undefined }],
    ["a cap of 0", { name: "lines", maxFrameBytes: 0 }],
    ["a cap over 1 GiB", { name: "lines", maxFrameBytes: 2 ** 31 }],
    ["an unknown policy", { name: "lines", oversize: "ignore" }],
    ["an unknown delimiter", { name: "lines", delimiter: "lfcr" }],
    ["a delimiter that is a name of Object", { name: "lines", delimiter: "toString" }],
    ["an empty delimiter", { name: "lines", delimiter: "text:" }],
    ["half a byte of hex", { name: "lines", delimiter: "hex:0" }],
    ["a delimiter over 64 bytes", { name: "lines", delimiter: `text:${"x".repeat(65)}` }],
    ["a fixed frame of 0 bytes", { name: "fixed", frameBytes: 0 }],
    ["a fixed frame over the cap", { name: "fixed", frameBytes: 101 }],
    ["a length of 9 bytes", { name: "length-prefix", lengthBytes: 9 }],
    ["an unknown endian", { name: "length-prefix", endian: "middle" }],
    ["a negative offset", { name: "length-prefix", lengthOffset: -1 }],
    ["a broken adjustment", { name: "length-prefix", lengthAdjustment: 0.5 }],
    ["a width of 0", { name: "ascii-size", width: 0 }],
    ["a width and a terminator", { name: "ascii-size", width: 4, terminator: "lf" }],
    ["a terminator that begins with a digit", { name: "ascii-size", terminator: "text:1" }],
    ["an unknown escape", { name: "stx-etx", escape: "esc" }],
    ["an unknown check", { name: "stx-etx", check: "crc" }],
    ["a depth of 0", { name: "json", maxDepth: 0 }],
  ] as const) {
    test(`refuses ${title} with BAD_CODEC`, () => {
      assert.throws(() => createCodec({ ...limits, ...options } as unknown as CodecOptions), {
        code: "BAD_CODEC",
        message: /^Cannot create codec: /,
      });
    });
  }
});

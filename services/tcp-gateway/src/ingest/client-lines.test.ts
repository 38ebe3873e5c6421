import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeDropped, encodeErr, encodeOk, encodeTruncated, maxErrTextLength } from "./client-lines.ts";

test("encodeErr() gives one line of printable ASCII whatever the text is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 1_000 }), (text) => {
      const line = encodeErr("CODE", text);
      assert.match(line, /^ERR CODE [\x20-\x7e]*\n$/);
      assert.ok(line.length <= "ERR CODE \n".length + maxErrTextLength);
    }),
  );
});

const lines: [string, string, string][] = [
  ["encodeOk()", encodeOk(1_234), "OK 1234\n"],
  ["encodeErr()", encodeErr("LOG_FULL", "the log\r\nis full"), "ERR LOG_FULL the log is full\n"],
  [
    "encodeDropped()",
    encodeDropped(1, 7, 65_536),
    "ERR FRAME_DROPPED 1 frame after record 7 dropped and not counted: over 65536 bytes or no frame\n",
  ],
  [
    "encodeTruncated()",
    encodeTruncated(2, 0, 10),
    "ERR FRAME_TRUNCATED 2 frames after record 0 cut to 10 bytes and counted\n",
  ],
];
for (const [name, actual, expected] of lines) {
  test(`${name} gives its line`, () => assert.equal(actual, expected));
}

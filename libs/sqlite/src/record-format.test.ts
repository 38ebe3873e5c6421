import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRecord } from "./record-format.ts";

test("parseRecord() of any bytes raises nothing but a RangeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        parseRecord(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { batchOf } from "../../test/fakes.ts";
import { slices } from "./batch.ts";

test("slices() gives the same frames in the same order, within the bounds", () => {
  const payloads = fc.array(fc.string({ maxLength: 20 }), { maxLength: 50 });
  fc.assert(
    fc.property(
      payloads,
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 60 }),
      (texts, maxRecords, maxBytes) => {
        const pieces = slices(batchOf(texts), maxRecords, maxBytes);
        const frames = pieces.flatMap((piece) =>
          Array.from({ length: piece.count }, (_, i) => `${piece.frame(i)}`),
        );
        assert.deepEqual(frames, texts);
        for (const piece of pieces) {
          const bytes = Array.from({ length: piece.count }, (_, i) => piece.frame(i).length).reduce(
            (a, b) => a + b,
            0,
          );
          assert.equal(piece.payloadBytes, bytes);
          assert.ok(piece.count >= 1 && piece.count <= maxRecords);
          assert.ok(bytes <= maxBytes || piece.count === 1);
        }
      },
    ),
  );
});

test("slices() passes a batch within the bounds on as it is, and an empty one not at all", () => {
  const batch = batchOf(["a", "b"]);
  assert.equal(slices(batch, 10, 10)[0], batch);
  assert.deepEqual(slices(batchOf([], 3), 10, 10), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maxBins, relativeError, Sketch } from "./sketch.ts";

/** The value at the nearest rank, which the sketch estimates. */
function exactQuantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(1, Math.ceil(q * sorted.length - 1e-9)) - 1]!;
}

test("quantile() of a few values gives the nearest rank", () => {
  for (const [values, q, expected] of [
    [[1, 2], 0.5, 1],
    [[1, 2], 0.9, 2],
    [[1, 2], 0.99, 2],
    [[1, 2, 3], 0.5, 2],
    [[5], 0, 5],
    [[-2, 0, 7], 0, -2],
    [[-2, 0, 7], 0.5, 0],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9, 9],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95, 10],
    [Array.from({ length: 100 }, (_, n) => n + 1), 0.99, 99],
  ] as const) {
    const sketch = new Sketch();
    for (const value of values) sketch.add(value, 1);
    const got = sketch.quantile(q);
    assert.ok(
      Math.abs(got - expected) <= Math.abs(expected) * relativeError * 1.000_001,
      `${values} ${q}: ${got}`,
    );
  }
});

test("Sketch gives quantiles within its relative error", () => {
  const value = fc.oneof(
    fc.double({ min: 0.001, max: 1e5, noNaN: true }),
    fc.double({ min: -1e3, max: -0.01, noNaN: true }),
    fc.constantFrom(0, 1, 1, 1),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
      const sketch = new Sketch();
      for (const one of values) sketch.add(one, 1);
      const sorted = [...values].sort((a, b) => a - b);
      assert.equal(sketch.count, values.length);
      assert.equal(sketch.min, sorted[0]);
      assert.equal(sketch.max, sorted.at(-1));
      for (const q of [0, 0.25, 0.5, 0.9, 0.95, 0.99, 1]) {
        const exact = exactQuantile(sorted, q);
        const allowed = Math.abs(exact) * relativeError * 1.000_001;
        const got = sketch.quantile(q);
        assert.ok(Math.abs(got - exact) <= allowed, `q=${q}: ${got} for ${exact}`);
      }
    }),
  );
});

test("Sketch counts a value as often as its weight says", () => {
  const sketch = new Sketch();
  sketch.add(10, 1);
  sketch.add(1_000, 99);
  assert.equal(sketch.count, 100);
  assert.equal(sketch.sum, 10 + 99_000);
  assert.ok(Math.abs(sketch.quantile(0.5) - 1_000) <= 10);
  assert.ok(Math.abs(sketch.quantile(0) - 10) <= 0.1);
});

test("Sketch stays within its bins, and within its error for large values, whatever comes", () => {
  const sketch = new Sketch();
  const values: number[] = [];
  // 80 orders of magnitude, falling: every value wants a new lowest bin.
  for (let exponent = 40; exponent > -8; exponent -= 0.008) values.push(10 ** exponent);
  for (const value of values) sketch.add(value, 1);
  assert.ok(sketch.bins <= maxBins);
  assert.equal(sketch.count, values.length);
  const exact = exactQuantile(values.toReversed(), 0.99);
  assert.ok(Math.abs(sketch.quantile(0.99) - exact) <= exact * relativeError * 1.000_001);
});

test("Sketch of nothing has no quantiles", () => {
  assert.ok(Number.isNaN(new Sketch().quantile(0.5)));
});

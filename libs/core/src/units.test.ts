import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from "./units.ts";

describe("parseBytes()", () => {
  for (const [text, bytes] of [
    ["0B", 0],
    ["64KiB", 65_536],
    ["64 kB", 64_000],
    [" 1.5MiB ", 1_572_864],
    ["2GiB", 2 ** 31],
    ["1TB", 1e12],
  ] as const) {
    test(`of ${JSON.stringify(text)} is ${bytes}`, () => assert.equal(parseBytes(text), bytes));
  }

  for (const text of ["", "64", "KiB", "-1B", "1e3B", "1kb", "1 constructor", "99999999TiB", "1,5KiB"]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseBytes(text), { code: "BAD_UNIT" });
    });
  }
});

describe("parseDurationMs()", () => {
  for (const [text, ms] of [
    ["0s", 0],
    ["250ms", 250],
    ["1.5s", 1_500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["30d", 2_592_000_000],
  ] as const) {
    test(`of ${JSON.stringify(text)} is ${ms}`, () => assert.equal(parseDurationMs(text), ms));
  }

  for (const text of ["5", "5 seconds", "s", "-1s", "1M", "NaNs"]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseDurationMs(text), { code: "BAD_UNIT" });
    });
  }
});

describe("formatBytes() and formatDurationMs()", () => {
  test("use the largest unit that divides the value", () => {
    assert.deepEqual([0, 1, 1_000, 65_536, 2 ** 20 * 3].map(formatBytes), [
      "0B",
      "1B",
      "1000B",
      "64KiB",
      "3MiB",
    ]);
    assert.deepEqual([0, 1_500, 90_000, 3_600_000].map(formatDurationMs), ["0ms", "1500ms", "90s", "1h"]);
  });

  test("round to one decimal what no unit divides", () => {
    assert.deepEqual([formatBytes(1_536.5), formatDurationMs(1_234.56)], ["1.5KiB", "1.2s"]);
  });

  test("are read back as the same value", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        assert.equal(parseBytes(formatBytes(value)), value);
        assert.equal(parseDurationMs(formatDurationMs(value)), value);
      }),
    );
  });
});

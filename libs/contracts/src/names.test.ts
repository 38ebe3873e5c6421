import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { matchesTopic, routingKey } from "./names.ts";

describe("matchesTopic()", () => {
  for (const [pattern, key, matches] of [
    ["tcp.records", "tcp.records", true],
    ["tcp.records", "tcp.opened", false],
    ["tcp.*", "tcp.records", true],
    ["tcp.*", "tcp", false],
    ["tcp.*", "tcp.a.b", false],
    ["*", "tcp", true],
    ["#", "tcp.a.b", true],
    ["tcp.#", "tcp", true],
    ["tcp.#", "tcp.a.b", true],
    ["#.records", "tcp.records", true],
    ["#.records", "records", true],
    ["#.records", "tcp.records.x", false],
    ["job.#.finished", "job.ftp.finished", true],
    ["job.#.finished", "job.finished.not", false],
    ["#.a.#.b", "a.x.a.y.b", true],
    ["#.*", "a", true],
    ["#.*.*", "a", false],
    ["tcp", "tcp.records", false],
    ["tcp.records.*", "tcp.records", false],
    ["*.*", "hash.#", true],
  ] as const) {
    test(`${pattern} ${matches ? "matches" : "does not match"} ${key}`, () => {
      assert.equal(matchesTopic(pattern, key), matches);
    });
  }

  test("agrees with a regular expression of the same meaning", () => {
    const words = fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 5 });
    const patterns = fc.array(fc.constantFrom("a", "b", "*", "#"), { minLength: 1, maxLength: 5 });
    const meaning: Readonly<Record<string, string>> = { "*": "[^.]+\\.", "#": "(?:[^.]+\\.)*" };
    fc.assert(
      fc.property(patterns, words, (pattern, key) => {
        const expression = new RegExp(`^${pattern.map((word) => meaning[word] ?? `${word}\\.`).join("")}$`);
        assert.equal(matchesTopic(pattern.join("."), key.join(".")), expression.test(`${key.join(".")}.`));
      }),
      { numRuns: 1_000 },
    );
  });

  test("ends soon for a pattern made to be slow", () => {
    const pattern = `${"#.a.".repeat(2_000)}b`;
    assert.equal(matchesTopic(pattern, "a.".repeat(40).slice(0, -1)), false);
  });
});

test("routingKey() leaves out the prefix of our types and nothing of others", () => {
  assert.equal(routingKey("dev.fairlead.tcp.records"), "tcp.records");
  assert.equal(routingKey("com.example.order"), "com.example.order");
});

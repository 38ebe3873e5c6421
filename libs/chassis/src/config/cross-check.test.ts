import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { crossCheck } from "./cross-check.ts";
import { ConfigError } from "./errors.ts";
import { parseConfig } from "./load.ts";
import { bytes, count, port, section } from "./value-types.ts";

const pair = crossCheck(
  section({ low: count(1), high: count(2), size: bytes("1KiB") }),
  ({ low, high }, { refuse }) => {
    if (low !== undefined && high !== undefined && low > high) refuse(["high"], "must not be below low");
  },
);
const kind = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("a"), port: port(0) }),
  z.strictObject({ kind: z.literal("b"), port: port(0), name: z.string() }),
]);
const schema = crossCheck(
  section({ pair, list: z.array(kind).default([]), other: port(7000) }),
  ({ list = [], pair: { low } = {}, other }, { refuse, hasError }) => {
    for (const [index, one] of list.entries()) {
      if (one?.port !== undefined && one.port === other) refuse(["list", index, "port"], "is taken");
    }
    if (low === 9 && !hasError(["pair", "size"])) refuse(["pair", "low"], "is nine");
  },
);

function issuesOf(tree: object): [path: string, message: string][] {
  const options = { schema, text: JSON.stringify(tree), source: "f", env: {}, readFile: () => "" };
  try {
    parseConfig(options);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues.map(({ path, message }) => [path, message]);
  }
}

const cases: readonly [name: string, tree: object, issues: [string, string][]][] = [
  [
    "runs when all is well",
    { pair: { low: 3 } },
    [["pair.high", "is 2 (the default): must not be below low"]],
  ],
  [
    "runs where another key has an error, and an outer one on what an inner one refused",
    { pair: { low: 9, high: 2, nonsense: 1 }, list: [{ kind: "b", port: 7000 }, 5] },
    [
      ["pair.low", "is 9: is nine"],
      ["pair.high", "is 2: must not be below low"],
      ["pair.nonsense", "is not known; known here: low, high, size"],
      ["list[0].name", "is missing: must be text"],
      ["list[0].port", "is 7000: is taken"],
      ["list[1]", "is 5: must be a map of keys"],
    ],
  ],
  [
    "does not see what has an error of its own, and knows that it has",
    { pair: { low: 9, high: 0, size: 1 }, list: [{ kind: "c", port: 7000 }] },
    [
      ["pair.high", "is 0: must be a whole number from 1"],
      ["pair.size", 'is 1: must be a size with its unit, from "1B", like "64KiB"'],
      ["list[0].kind", 'is "c": must be one of "a", "b"; did you mean a?'],
    ],
  ],
  ["is left out where nothing parsed", { pair: 5 }, [["pair", "is 5: must be a map of keys"]]],
];
for (const [name, tree, issues] of cases) {
  test(`crossCheck() ${name}`, () => assert.deepEqual(issuesOf(tree), issues));
}

test("crossCheck() never meets a value of another type than its schema says", () => {
  const key = fc.constantFrom("kind", "port", "name", "low");
  const value = fc.oneof(fc.anything({ maxDepth: 1 }), fc.constantFrom("a", "b", 7000, "7000"));
  const list = fc.array(fc.oneof(fc.dictionary(key, value), value), { maxLength: 3 });
  const strict = crossCheck(z.strictObject({ list: z.array(kind) }), ({ list: found = [] }) => {
    for (const one of found) {
      assert.ok(one === undefined || ["a", "b"].includes(String(one.kind)));
      assert.ok(one?.port === undefined || Number.isInteger(one.port));
    }
  });
  fc.assert(fc.property(list, (found) => void strict.safeParse({ list: found })));
});

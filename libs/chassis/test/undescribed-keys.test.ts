import assert from "node:assert/strict";
import { test } from "node:test";
import { count, section } from "../src/mod.ts";
import { undescribedKeys } from "./undescribed-keys.ts";

test("undescribedKeys() names the keys without a sentence", () => {
  const inner = section({ a: count(1).describe("A."), b: count(1) });
  assert.deepEqual(undescribedKeys(section({ s: inner, l: inner.array().default([]) })), [
    "s.b",
    "l",
    "l[].b",
  ]);
});

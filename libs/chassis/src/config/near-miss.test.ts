import assert from "node:assert/strict";
import { test } from "node:test";
import { nearMiss } from "./near-miss.ts";

test("nearMiss() finds typing errors and nothing far-fetched", () => {
  const known = ["port", "host", "maxConnections", "idle"];
  for (const [word, expected] of [
    ["prot", "port"],
    ["maxConections", "maxConnections"],
    ["MaxConnections", "maxConnections"],
    ["hots", "host"],
    ["colour", undefined],
    ["", undefined],
  ] as const) {
    assert.equal(nearMiss(word, known), expected, word);
  }
});

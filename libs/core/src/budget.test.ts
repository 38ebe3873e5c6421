import assert from "node:assert/strict";
import { test } from "node:test";
import { Budget } from "./budget.ts";

test("Budget has room up to its number of items and its number of bytes", () => {
  const budget = new Budget(2, 10);
  assert.deepEqual([budget.hasRoom(10), budget.hasRoom(11)], [true, false]);
  budget.take(4);
  assert.deepEqual([budget.items, budget.bytes, budget.hasRoom(6), budget.hasRoom(7)], [1, 4, true, false]);
  budget.take(0);
  assert.equal(budget.hasRoom(0), false);
  budget.release(4);
  assert.deepEqual([budget.items, budget.bytes, budget.hasRoom(10)], [1, 0, true]);
});

for (const [items, bytes] of [
  [0, 1],
  [1, 0],
  [Number.NaN, 1],
] as const) {
  test(`Budget refuses the limits ${items} and ${bytes}`, () => {
    assert.throws(() => new Budget(items, bytes), { code: "BAD_LIMIT" });
  });
}

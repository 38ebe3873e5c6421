import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { BoundedQueue, type OverflowPolicy } from "./queue.ts";

function queueOf(overflow: OverflowPolicy, maxItems = 3, maxBytes = 10) {
  const dropped: string[] = [];
  const queue = new BoundedQueue<string>({
    maxItems,
    maxBytes,
    sizeOf: (item) => item.length,
    overflow,
    onDrop: (item) => dropped.push(item),
  });
  return { queue, dropped };
}

function drain(queue: BoundedQueue<string>): string[] {
  const items: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}

/** Pushed; taken; dropped; left. */
type Case = readonly [
  OverflowPolicy,
  readonly string[],
  readonly boolean[],
  readonly string[],
  readonly string[],
];
const cases: readonly Case[] = [
  ["reject", ["a", "b", "c", "d"], [true, true, true, false], [], ["a", "b", "c"]],
  ["dropNewest", ["a", "b", "c", "d"], [true, true, true, false], ["d"], ["a", "b", "c"]],
  ["dropOldest", ["a", "b", "c", "d"], [true, true, true, true], ["a"], ["b", "c", "d"]],
  ["reject", ["aaaaaa", "bbbbb", "cccc"], [true, false, true], [], ["aaaaaa", "cccc"]],
  ["dropOldest", ["aaaa", "bbbb", "cccccc"], [true, true, true], ["aaaa"], ["bbbb", "cccccc"]],
  ["dropOldest", ["a", "b".repeat(11)], [true, false], ["b".repeat(11)], ["a"]],
  ["reject", ["x".repeat(11)], [false], [], []],
];

describe("BoundedQueue", () => {
  for (const [overflow, pushed, taken, dropped, left] of cases) {
    test(`push() with ${overflow} of ${pushed.join(", ")}`, () => {
      const { queue, dropped: told } = queueOf(overflow);
      assert.deepEqual(
        pushed.map((item) => queue.push(item)),
        taken,
      );
      assert.deepEqual([told, queue.length], [dropped, left.length]);
      assert.deepEqual(drain(queue), left);
      assert.deepEqual([queue.length, queue.bytes], [0, 0]);
    });
  }

  test("never holds more than its bounds, keeps the order, and loses nothing that it does not tell of", () => {
    const steps = fc.array(fc.oneof(fc.constant("shift" as const), fc.nat(6)), { maxLength: 100 });
    const overflows = fc.constantFrom<OverflowPolicy>("reject", "dropOldest", "dropNewest");
    fc.assert(
      fc.property(overflows, steps, (overflow, given) => {
        const { queue, dropped } = queueOf(overflow, 4, 12);
        const out: string[] = [];
        const refused: string[] = [];
        given.forEach((step, index) => {
          if (step === "shift") {
            const item = queue.shift();
            if (item !== undefined) out.push(item);
          } else {
            const item = String(index).padStart(3, "0") + "x".repeat(step);
            if (!queue.push(item) && overflow === "reject") refused.push(item);
          }
          assert.ok(queue.length <= 4 && queue.bytes <= 12);
        });
        out.push(...drain(queue));
        assert.deepEqual(out, [...out].sort());
        const pushes = given.filter((step) => step !== "shift").length;
        assert.equal(out.length + dropped.length + refused.length, pushes);
      }),
    );
  });

  test("iterates over what is there and what comes, and ends after close()", async () => {
    const { queue } = queueOf("reject");
    queue.push("a");
    const seen: string[] = [];
    const reading = (async () => {
      for await (const item of queue) seen.push(item);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(seen, ["a"]);
    queue.push("b");
    queue.push("c");
    queue.close();
    await reading;
    assert.deepEqual(seen, ["a", "b", "c"]);
    assert.equal(queue.push("d"), false);
  });

  for (const [maxItems, maxBytes] of [
    [0, 1],
    [1, 0],
    [Number.NaN, 1],
  ] as const) {
    test(`refuses bounds of ${maxItems} items and ${maxBytes} bytes`, () => {
      assert.throws(() => queueOf("reject", maxItems, maxBytes), { code: "BAD_LIMIT" });
    });
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AckWindow, type PendingBatch } from "./ack-window.ts";

const batch = (records: number): PendingBatch => ({ records, dropped: 0, truncated: 0, outcome: "pending" });

function takeAll(window: AckWindow): void {
  while (window.shift());
}

test("shift() counts exactly the durable batches before the first gap, whatever the order of outcomes", () => {
  const outcome = fc.constantFrom("durable", "failed", "pending" as const);
  const plan = fc.array(fc.record({ records: fc.nat(100), outcome, turn: fc.double({ noNaN: true }) }), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(plan, (batches) => {
      const window = new AckWindow();
      const pushed = batches.map(({ records }) => batch(records));
      for (const one of pushed) window.push(one);
      const order = batches.map((_, index) => index).sort((a, b) => batches[a]!.turn - batches[b]!.turn);
      for (const index of order) {
        pushed[index]!.outcome = batches[index]!.outcome as PendingBatch["outcome"];
        takeAll(window);
      }
      const gap = batches.findIndex(({ outcome }) => outcome !== "durable");
      const whole = gap === -1 ? batches : batches.slice(0, gap);
      assert.equal(
        window.records,
        whole.reduce((sum, { records }) => sum + records, 0),
      );
      assert.equal(window.isDecided, gap === -1 || batches[gap]!.outcome === "failed");
    }),
  );
});

test("shift() keeps its place over thousands of batches with many under way", () => {
  const window = new AckWindow();
  const pending: PendingBatch[] = [];
  let shifted = 0;
  for (let i = 0; i < 5_000; i++) {
    const pushed = batch(i);
    window.push(pushed);
    pending.push(pushed);
    if (pending.length <= 200) continue;
    assert.equal(window.shift(), undefined);
    pending.shift()!.outcome = "durable";
    assert.equal(window.shift()?.records, shifted++);
  }
  assert.equal(shifted, 4_800);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfirmWindow } from "./confirm-window.ts";

test("ConfirmWindow.hasRoom() bounds count and bytes, and takes one large message alone", () => {
  const window = new ConfirmWindow<string>(2, 100);
  assert.equal(window.hasRoom(1_000), true);
  window.add("a", 1_000, 0);
  assert.equal(window.hasRoom(1), false);
  const small = new ConfirmWindow<string>(2, 100);
  small.add("a", 60, 0);
  assert.equal(small.hasRoom(41), false);
  assert.equal(small.hasRoom(40), true);
  small.add("b", 1, 0);
  assert.equal(small.hasRoom(1), false);
});

test("ConfirmWindow releases in order whatever the order of the confirms, and abandons exactly the rest", () => {
  const plan = fc.array(fc.nat(20), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(plan, fc.infiniteStream(fc.nat(1_000)), fc.nat(60), (sizes, choices, confirms) => {
      const window = new ConfirmWindow<number>(1_000, 1_000_000);
      const open = sizes.map((bytes, index) => window.add(index, bytes, index));
      const released: number[] = [];
      for (let turn = 0; turn < confirms && open.length > 0; turn++) {
        const [chosen] = open.splice(choices.next().value! % open.length, 1);
        released.push(...window.confirm(chosen!));
      }
      const oldest = window.oldestSentAtMs;
      const rest = window.abandon();
      assert.deepEqual(
        [...released, ...rest],
        sizes.map((_, index) => index),
      );
      assert.equal(oldest, rest[0]);
      assert.equal(window.length, 0);
      assert.equal(window.bytes, 0);
    }),
  );
});

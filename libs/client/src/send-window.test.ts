import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineBatchOf } from "./line-batches.ts";
import { SendWindow } from "./send-window.ts";

const held = (window: SendWindow) => Buffer.concat(window.unacknowledged()).toString();

test("acknowledge() cuts inside a batch when the count falls there", () => {
  const window = new SendWindow();
  window.beginConnection();
  window.add(lineBatchOf(["a", "b", "c"]));
  window.add(lineBatchOf(["d"]));
  window.acknowledge(2);
  assert.equal(held(window), "c\nd\n");
  assert.equal(window.acknowledged, 2);
});

test("acknowledge() counts from where the connection began when it is the second one", () => {
  const window = new SendWindow();
  window.beginConnection();
  window.add(lineBatchOf(["a", "b", "c"]));
  window.acknowledge(1);
  window.beginConnection();
  window.acknowledge(1);
  assert.equal(held(window), "c\n");
  assert.equal(window.acknowledged, 2);
});

test("acknowledge() changes nothing when the count is old, or more than is out", () => {
  const window = new SendWindow();
  window.beginConnection();
  window.add(lineBatchOf(["a", "b"]));
  window.acknowledge(1);
  window.acknowledge(1);
  window.acknowledge(0);
  assert.equal(window.acknowledged, 1);
  window.acknowledge(99);
  assert.equal(window.acknowledged, 2);
  assert.ok(window.isEmpty);
});

test("untilBelow() resolves when an acknowledgement has made room, for everyone who waits", async () => {
  const window = new SendWindow();
  window.beginConnection();
  window.add(lineBatchOf(["1234"]));
  window.add(lineBatchOf(["1234"]));
  let woken = 0;
  const waiting = [window.untilBelow(10), window.untilBelow(10)].map((room) => room.then(() => woken++));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(woken, 0);
  window.acknowledge(1);
  await Promise.all(waiting);
  assert.equal(woken, 2);
});

test("SendWindow never loses or repeats a line, whatever is acknowledged on whatever connection", () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ ack: fc.nat(12) }),
    fc.constant({ reconnect: true as const }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const window = new SendWindow();
      window.beginConnection();
      let added = 0;
      for (const what of steps) {
        if ("add" in what) {
          window.add(lineBatchOf(Array.from({ length: what.add }, () => String(added++))));
        } else if ("ack" in what) window.acknowledge(what.ack);
        else window.beginConnection();
        const expected = Array.from(
          { length: added - window.acknowledged },
          (_, i) => `${window.acknowledged + i}\n`,
        );
        assert.equal(held(window), expected.join(""));
      }
    }),
  );
});

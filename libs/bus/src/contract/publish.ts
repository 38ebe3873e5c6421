import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloudEvent } from "@fairlead/contracts";
import {
  collect,
  contractLimits,
  eventOf,
  history,
  idsOf,
  type OpenBusUnderTest,
  plain,
  range,
} from "./support.ts";

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const shapes: readonly (readonly [string, Partial<CloudEvent>])[] = [
  ["a subject", { subject: "connection 7" }],
  ["empty data", { data: new Uint8Array(0) }],
  ["every byte", { data: everyByte }],
  ["a view into a larger buffer", { data: everyByte.subarray(5, 9) }],
  ["attributes outside of ASCII", { subject: "Zürich 漢字 🚢", source: '/a"b\\c\n' }],
  ["extensions of each type", { extensions: { recordcount: 12, lane: "fast", sampled: true } }],
  ["a foreign type", { type: "com.example.thing" }],
  ["data of the largest size", { data: Buffer.alloc(contractLimits.maxEventBytes, 0xa5) }],
];

export function publishCases(open: OpenBusUnderTest): void {
  for (const [what, changes] of shapes) {
    test(`publish() keeps an event with ${what}`, async () => {
      await using under = await open();
      const event = eventOf("one", changes);
      await under.bus.publish(event);
      const logged = await collect(under.bus, { after: 0 }, 1);
      assert.deepEqual(
        logged.map((one) => plain(one.event)),
        [plain(event)],
      );
    });
  }

  test("publish() keeps the order of the calls when none is awaited", async () => {
    await using under = await open();
    await Promise.all(range(3_000).map((id) => under.bus.publish(eventOf(id))));
    const logged = await collect(under.bus, history);
    assert.deepEqual(idsOf(logged), range(3_000));
    for (const [index, { offset }] of logged.entries()) {
      assert.ok(offset > (logged[index - 1]?.offset ?? 0), `offset ${offset} at ${index} does not grow`);
    }
  });

  test("publish() leaves the caller's data to the caller", async () => {
    await using under = await open();
    const data = Buffer.from("before");
    await under.bus.publish(eventOf(1, { data }));
    assert.equal(data.toString(), "before");
    data.fill("x");
    const [logged] = await collect(under.bus, { after: 0 }, 1);
    assert.equal(Buffer.from(logged!.event.data).toString(), "before");
  });

  test("publish() refuses an event over the limit with EVENT_TOO_LARGE and goes on", async () => {
    await using under = await open();
    for (const limit of [contractLimits.maxEventBytes, contractLimits.maxPendingBytes]) {
      const data = Buffer.alloc(limit + 1);
      await assert.rejects(under.bus.publish(eventOf(1, { data })), {
        code: "EVENT_TOO_LARGE",
        retryable: false,
      });
    }
    await under.bus.publish(eventOf(2));
    assert.deepEqual(idsOf(await collect(under.bus, history)), ["2"]);
  });

  test("publish() refuses with BUS_OVERLOADED when too much is pending, and keeps what it took", async () => {
    await using under = await open();
    const data = Buffer.alloc(256 << 10);
    const results = await Promise.allSettled(range(64).map((id) => under.bus.publish(eventOf(id, { data }))));
    const refused = results.filter((result) => result.status === "rejected");
    assert.ok(refused.length > 0, "nothing was refused");
    for (const { reason } of refused) {
      assert.equal(reason.code, "BUS_OVERLOADED");
      assert.equal(reason.retryable, true);
    }
    const taken = range(64).filter((_, index) => results[index]?.status === "fulfilled");
    assert.deepEqual(idsOf(await collect(under.bus, history)), taken);
    await under.bus.publish(eventOf("later", { data }));
  });

  test("health() tells the last offset and what is pending", async () => {
    await using under = await open();
    assert.equal(under.bus.health().canAccept, true);
    const published = under.bus.publish(eventOf(1));
    const { pendingEvents, pendingBytes } = under.bus.health();
    assert.equal(pendingEvents, 1);
    assert.ok(pendingBytes > 0);
    await published;
    const { pendingEvents: after, problems } = under.bus.health();
    assert.deepEqual({ after, problems }, { after: 0, problems: [] });
  });

  test("disposing makes durable what publish has taken, then publish and tail refuse with BUS_CLOSED", async () => {
    await using under = await open();
    const { bus } = under;
    const published = Promise.all(range(500).map((id) => bus.publish(eventOf(id))));
    const reopened = under.reopen();
    await assert.rejects(bus.publish(eventOf("late")), { code: "BUS_CLOSED", retryable: false });
    await published;
    const again = await reopened;
    assert.throws(() => bus.tail(history), { code: "BUS_CLOSED" });
    assert.equal(bus.health().canAccept, false);
    assert.deepEqual(idsOf(await collect(again, history)), range(500));
  });

  test("disposing twice is disposing once", async () => {
    await using under = await open();
    await under.bus[Symbol.asyncDispose]();
    await under.bus[Symbol.asyncDispose]();
  });

  test("a bus that is opened again goes on with higher offsets", async () => {
    await using under = await open();
    await under.bus.publish(eventOf(1));
    const again = await under.reopen();
    await again.publish(eventOf(2));
    const logged = await collect(again, history);
    assert.deepEqual(idsOf(logged), ["1", "2"]);
    assert.ok(logged[1]!.offset > logged[0]!.offset);
  });
}

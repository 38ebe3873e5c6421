import assert from "node:assert/strict";
import { test } from "node:test";
import { eventOf } from "../src/contract/support.ts";
import { busContract, contractLimits } from "../src/contract.ts";
import { MemoryBus } from "./memory-bus.ts";

busContract("memory", async () => {
  let bus = new MemoryBus(contractLimits);
  return {
    get bus() {
      return bus;
    },
    async reopen() {
      const { events } = bus;
      await bus[Symbol.asyncDispose]();
      bus = new MemoryBus({ ...contractLimits, events });
      return bus;
    },
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
});

test("MemoryBus.refuse decides about each event, and says nothing in health()", async () => {
  await using bus = new MemoryBus();
  bus.refuse = ({ id }) => (id === "1" ? "LOG_FULL" : undefined);
  const refused = assert.rejects(bus.publish(eventOf(1)), { code: "LOG_FULL", retryable: true });
  await bus.publish(eventOf(2));
  await refused;
  assert.equal(bus.health().canAccept, true);
  assert.deepEqual(
    bus.attempts.map(({ event }) => event.id),
    ["1", "2"],
  );
  assert.deepEqual(
    bus.events.map(({ id }) => id),
    ["2"],
  );
});

test("MemoryBus.hold() keeps every publish open until the test decides, or release() lets the rest go", async () => {
  await using bus = new MemoryBus();
  bus.hold();
  const outcomes = [1, 2, 3].map((id) => bus.publish(eventOf(id)));
  await bus.pending(3);
  bus.attempts[1]!.confirm();
  bus.attempts[0]!.refuse(new Error("no"));
  await outcomes[1];
  await assert.rejects(outcomes[0]!, /^Error: no$/);
  assert.equal(bus.health().pendingEvents, 1);
  bus.release();
  await outcomes[2];
  assert.deepEqual(
    bus.events.map(({ id }) => id),
    ["2", "3"],
  );
});

test("MemoryBus.tailFailure ends a tail behind the last event", async () => {
  await using bus = new MemoryBus();
  await bus.publish(eventOf(1));
  bus.tailFailure = new Error("torn");
  const tail = bus.tail({ after: 0 })[Symbol.asyncIterator]();
  assert.equal((await tail.next()).value.event.id, "1");
  await assert.rejects(tail.next(), /^Error: torn$/);
});

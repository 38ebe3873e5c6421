import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { BusError, BusErrorCode } from "@fairlead/bus";
import { MemoryBus } from "@fairlead/bus/memory";
import type { CloudEvent } from "@fairlead/contracts";
import { ManualClock } from "@fairlead/core/manual-clock";
import { RetryingPublisher } from "./retrying-publisher.ts";

const eventOf = (id: string) => ({ id, data: Buffer.from(id) }) as unknown as CloudEvent;

/** Lets everything happen that can happen without the clock. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
}

/** A publisher on a bus that refuses with the code that `refuse` gives for each attempt. */
function stage(refuse: (id: string, attempt: number) => BusErrorCode | undefined = () => undefined) {
  const told: string[] = [];
  const bus = new MemoryBus();
  const attempts = () => bus.attempts.map(({ event }) => event.id);
  bus.refuse = ({ id }) => refuse(id, attempts().filter((other) => other === id).length);
  const clock = new ManualClock();
  const givingUp = new AbortController();
  const publisher = new RetryingPublisher({
    bus,
    clock,
    givingUp: givingUp.signal,
    onRetry: (_, attempt) => told.push(`retry ${attempt}`),
    onRecovered: (failed) => told.push(`recovered ${failed}`),
  });
  return { publisher, bus, clock, givingUp, attempts, told };
}

test("publish() tries again what the bus refuses for now, and nothing overtakes it", async () => {
  const { publisher, clock, attempts, told } = stage((id, attempt) =>
    id === "1" && attempt < 3 ? "LOG_FULL" : undefined,
  );
  const published = Promise.all([publisher.publish(eventOf("1")), publisher.publish(eventOf("2"))]);
  await settle();
  assert.equal(publisher.failures, 1);
  await clock.advance(2_000);
  await settle();
  await clock.advance(2_000);
  await published;
  assert.deepEqual(attempts(), ["1", "1", "1", "2"]);
  assert.deepEqual(told, ["retry 1", "retry 2", "recovered 2"]);
  assert.equal(publisher.failures, 0);
});

test("publish() tries again after an error that is not ours: it is not known to be final", async () => {
  const { publisher, bus, clock } = stage();
  const published = publisher.publish(eventOf("1"));
  await bus.pending(1);
  bus.attempts[0]!.refuse(new Error("x"));
  await settle();
  await clock.advance(2_000);
  await published;
  assert.equal(bus.attempts.length, 2);
});

test("publish() rejects at once when the bus never takes the event, and goes on with the next", async () => {
  const { publisher, told } = stage((id) => (id === "1" ? "EVENT_TOO_LARGE" : undefined));
  await assert.rejects(publisher.publish(eventOf("1")), { code: "EVENT_TOO_LARGE" });
  await publisher.publish(eventOf("2"));
  assert.deepEqual(told, []);
});

test("publishTogether() settles each event as soon as it is decided, and repeats only those that are not", async () => {
  const { publisher, clock, attempts } = stage((id, attempt) => {
    if (id === "large") return "EVENT_TOO_LARGE";
    return id === "held" && attempt === 1 ? "LOG_FULL" : undefined;
  });
  const settled: [number, string | undefined][] = [];
  const events = ["held", "large", "good"].map(eventOf);
  const published = publisher.publishTogether(events, (index, error) =>
    settled.push([index, error && (error as BusError).code]),
  );
  await settle();
  assert.deepEqual(settled, [
    [1, "EVENT_TOO_LARGE"],
    [2, undefined],
  ]);
  await clock.advance(2_000);
  await published;
  assert.deepEqual(settled.at(-1), [0, undefined]);
  assert.deepEqual(attempts(), ["held", "large", "good", "held"]);
});

test("publishTogether() gives up after one last attempt when the time to stop is over", async () => {
  const { publisher, givingUp, attempts, told } = stage(() => "LOG_FULL");
  const settled: unknown[] = [];
  const published = publisher.publishTogether([eventOf("1"), eventOf("2")], (_, error) =>
    settled.push((error as BusError).code),
  );
  await settle();
  givingUp.abort();
  await published;
  await assert.rejects(publisher.publish(eventOf("3")), { code: "LOG_FULL" });
  assert.deepEqual(settled, ["LOG_FULL", "LOG_FULL"]);
  assert.deepEqual(attempts(), ["1", "2", "1", "2", "3"]);
  assert.deepEqual(told, ["retry 1"]);
});

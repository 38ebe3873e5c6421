import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as settle } from "node:timers/promises";
import { BusError } from "@fairlead/bus";
import { type CloudEvent, ManualClock } from "@fairlead/core";
import { RetryingPublisher } from "./retrying-publisher.ts";

const full = () => new BusError("LOG_FULL", "Cannot publish: the log is full");
const tooLarge = new BusError("EVENT_TOO_LARGE", "Cannot publish: too large");
const eventOf = (id: string) => ({ id }) as CloudEvent;

/** A publisher on a bus that answers as `answer` says for each attempt. */
function stage(answer: (id: string, attempt: number) => Error | undefined) {
  const attempts: string[] = [];
  const told: string[] = [];
  const clock = new ManualClock();
  const givingUp = new AbortController();
  const publisher = new RetryingPublisher({
    bus: {
      async publish({ id }) {
        attempts.push(id);
        const error = answer(id, attempts.filter((other) => other === id).length);
        if (error) throw error;
      },
    },
    clock,
    givingUp: givingUp.signal,
    onRetry: (_, attempt) => told.push(`retry ${attempt}`),
    onRecovered: (failed) => told.push(`recovered ${failed}`),
  });
  return { publisher, clock, givingUp, attempts, told };
}

test("publish() tries again what the bus refuses for now, and nothing overtakes it", async () => {
  const { publisher, clock, attempts, told } = stage((id, attempt) =>
    id === "1" && attempt < 3 ? full() : undefined,
  );
  const published = Promise.all([publisher.publish(eventOf("1")), publisher.publish(eventOf("2"))]);
  await settle();
  assert.equal(publisher.failures, 1);
  await clock.advance(2_000);
  await clock.advance(2_000);
  await published;
  assert.deepEqual(attempts, ["1", "1", "1", "2"]);
  assert.deepEqual(told, ["retry 1", "retry 2", "recovered 2"]);
  assert.equal(publisher.failures, 0);
});

test("publish() tries again after an error that is not ours: it is not known to be final", async () => {
  const { publisher, clock, attempts } = stage((_, attempt) => (attempt === 1 ? new Error("x") : undefined));
  const published = publisher.publish(eventOf("1"));
  await settle();
  await clock.advance(2_000);
  await published;
  assert.equal(attempts.length, 2);
});

test("publish() rejects at once when the bus never takes the event, and goes on with the next", async () => {
  const { publisher, told } = stage((id) => (id === "1" ? tooLarge : undefined));
  await assert.rejects(publisher.publish(eventOf("1")), tooLarge);
  await publisher.publish(eventOf("2"));
  assert.deepEqual(told, []);
});

test("publishTogether() settles each event as soon as it is decided, and repeats only those that are not", async () => {
  const { publisher, clock, attempts } = stage((id, attempt) => {
    if (id === "large") return tooLarge;
    return id === "held" && attempt === 1 ? full() : undefined;
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
  assert.deepEqual(attempts, ["held", "large", "good", "held"]);
});

test("publishTogether() gives up after one last attempt when the time to stop is over", async () => {
  const { publisher, givingUp, attempts, told } = stage(full);
  const settled: unknown[] = [];
  const published = publisher.publishTogether([eventOf("1"), eventOf("2")], (_, error) =>
    settled.push((error as BusError).code),
  );
  await settle();
  givingUp.abort();
  await published;
  await assert.rejects(publisher.publish(eventOf("3")), { code: "LOG_FULL" });
  assert.deepEqual(settled, ["LOG_FULL", "LOG_FULL"]);
  assert.deepEqual(attempts, ["1", "2", "1", "2", "3"]);
  assert.deepEqual(told, ["retry 1"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueError } from "../errors.ts";
import { maxMessageBytes, type QueueMessage } from "../queues.ts";
import {
  acking,
  Consumer,
  contractLimits,
  freshKind,
  messageOf,
  type OpenQueuesUnderTest,
  range,
} from "./support.ts";

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const shapes: readonly (readonly [string, QueueMessage])[] = [
  ["an empty body", { id: "empty", body: new Uint8Array(0) }],
  ["every byte", { id: "bytes", body: everyByte }],
  ["a view into a larger buffer", { id: "view", body: everyByte.subarray(5, 9) }],
  [
    "headers outside of ASCII",
    { id: "headers", body: everyByte, headers: { traceparent: "00-1", note: "Zürich 漢字 🚢" } },
  ],
  ["a body of the largest size", { id: "large", body: Buffer.alloc(maxMessageBytes, 0xa5) }],
  ["the largest id", { id: "i".repeat(128), body: everyByte }],
];

const large = Buffer.alloc(maxMessageBytes);
const refusals: readonly (readonly [string, string, QueueMessage, string])[] = [
  ["a body over the limit", "fetch", { body: Buffer.alloc(maxMessageBytes + 1) }, "MESSAGE_TOO_LARGE"],
  [
    "headers that exceed the limit with the body",
    "fetch",
    { body: large, headers: { a: "" } },
    "MESSAGE_TOO_LARGE",
  ],
  ["a kind in capitals", "Fetch", messageOf(1), "BAD_MESSAGE"],
  ["a kind with a dot", "a.b", messageOf(1), "BAD_MESSAGE"],
  ["an empty kind", "", messageOf(1), "BAD_MESSAGE"],
  ["a kind of 65 characters", "k".repeat(65), messageOf(1), "BAD_MESSAGE"],
  ["an empty id", "fetch", { ...messageOf(1), id: "" }, "BAD_MESSAGE"],
  ["an id with a space", "fetch", { ...messageOf(1), id: "a b" }, "BAD_MESSAGE"],
  ["an id of 129 characters", "fetch", { ...messageOf(1), id: "i".repeat(129) }, "BAD_MESSAGE"],
  ["a header of the broker's", "fetch", { ...messageOf(1), headers: { "x-death": "1" } }, "BAD_MESSAGE"],
  ["half of a character", "fetch", { ...messageOf(1), headers: { note: "\ud83d" } }, "BAD_MESSAGE"],
  ["a header of ours", "fetch", { ...messageOf(1), headers: { "fairlead-retries": "1" } }, "BAD_MESSAGE"],
];

export function enqueueCases(open: OpenQueuesUnderTest): void {
  test("enqueue() and consume() keep a message of any shape", async () => {
    await using under = await open();
    const kind = freshKind();
    for (const [, message] of shapes) assert.equal(await under.queues.enqueue(kind, message), message.id);
    await using consumer = new Consumer(under.queues, kind, acking);
    await consumer.delivery(shapes.length - 1);
    for (const [what, { id, body, headers = {} }] of shapes) {
      const delivery = consumer.deliveries.find((one) => one.id === id);
      assert.ok(delivery, what);
      assert.equal(delivery.body.toString("hex"), Buffer.from(body).toString("hex"), what);
      assert.deepEqual(delivery.headers, headers, what);
      assert.deepEqual([delivery.kind, delivery.redeliveries, delivery.retries], [kind, 0, 0], what);
    }
  });

  test("enqueue() gives an id to a message without one, another to each", async () => {
    await using under = await open();
    const kind = freshKind();
    const body = Buffer.from("same");
    const ids = [await under.queues.enqueue(kind, { body }), await under.queues.enqueue(kind, { body })];
    assert.notEqual(ids[0], ids[1]);
    await using consumer = new Consumer(under.queues, kind, acking);
    await consumer.delivery(1);
    assert.deepEqual(consumer.deliveries.map(({ id }) => id).sort(), ids.sort());
  });

  test("enqueue() refuses what may not go into a queue", async () => {
    await using under = await open();
    for (const [what, kind, message, code] of refusals)
      await assert.rejects(
        under.queues.enqueue(kind, message),
        { name: QueueError.name, code, retryable: false },
        what,
      );
    const badDelay = under.queues.enqueue("fetch", messageOf(1), { delay: "7s" as "5s" });
    await assert.rejects(badDelay, { code: "BAD_MESSAGE" });
  });

  test("enqueue() survives reopening", async () => {
    await using under = await open();
    const kind = freshKind();
    await Promise.all(range(50).map((id) => under.queues.enqueue(kind, messageOf(id))));
    const queues = await under.reopen();
    await using consumer = new Consumer(queues, kind, acking);
    await consumer.delivery(49);
    assert.deepEqual(new Set(consumer.deliveries.map(({ id }) => id)), new Set(range(50)));
  });

  test("enqueue() with a delay hands out no sooner", async () => {
    await using under = await open();
    const kind = freshKind();
    await using consumer = new Consumer(under.queues, kind, acking);
    // On a slow machine the second may be enqueued when the delay of the first is over: then once more.
    for (let index = 0, isInTime = false; !isInTime; index += 2) {
      const startMs = performance.now();
      await under.queues.enqueue(kind, messageOf("later"), { delay: "1s" });
      await under.queues.enqueue(kind, messageOf("now"));
      const first = await consumer.delivery(index);
      isInTime = performance.now() - startMs < 999;
      const second = await consumer.delivery(index + 1);
      // The broker counts in whole milliseconds.
      assert.ok(performance.now() - startMs >= 999);
      const ids = [first.id, second.id];
      assert.deepEqual(isInTime ? ids : ids.sort().reverse(), ["now", "later"]);
      for (const { retries, redeliveries } of [first, second])
        assert.deepEqual([retries, redeliveries], [0, 0]);
    }
  });

  test("enqueue() refuses with QUEUE_FULL at the limit, and takes again when there is room", async () => {
    await using under = await open();
    const kind = freshKind();
    const accepted: string[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      assert.ok(accepted.length < 2 * contractLimits.maxMessages, "it has no limit");
      try {
        accepted.push(await under.queues.enqueue(kind, messageOf(accepted.length)));
      } catch (error) {
        refusal = error;
      }
    }
    assert.ok(refusal instanceof QueueError);
    assert.deepEqual([refusal.code, refusal.retryable], ["QUEUE_FULL", true]);
    assert.ok(accepted.length >= contractLimits.maxMessages, `full with ${accepted.length}`);
    await using consumer = new Consumer(under.queues, kind, acking, { slots: 4 });
    await consumer.delivery(accepted.length - 1);
    assert.deepEqual(new Set(consumer.deliveries.map(({ id }) => id)), new Set(accepted));
    for (let isTaken = false; !isTaken; ) {
      isTaken = await under.queues.enqueue(kind, messageOf("after")).then(
        () => true,
        (error) => {
          assert.equal(error.code, "QUEUE_FULL");
          return false;
        },
      );
    }
    assert.equal((await consumer.delivery(accepted.length)).id, "after");
  });

  test("enqueue() refuses with QUEUES_OVERLOADED beyond its window, and keeps what it has taken", async () => {
    await using under = await open();
    const kind = freshKind();
    const ids = range(contractLimits.maxPendingMessages + 20);
    const results = await Promise.allSettled(ids.map((id) => under.queues.enqueue(kind, messageOf(id))));
    const codes = results.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
    assert.deepEqual(codes, Array(20).fill("QUEUES_OVERLOADED"));
    const health = under.queues.health();
    assert.deepEqual([health.pendingMessages, health.pendingBytes], [0, 0]);
    await using consumer = new Consumer(under.queues, kind, acking, { slots: 4 });
    await consumer.delivery(contractLimits.maxPendingMessages - 1);
  });

  test("a closed one refuses with QUEUES_CLOSED and says so", async () => {
    await using under = await open();
    const { queues } = under;
    const kind = freshKind();
    const last = queues.enqueue(kind, messageOf("last"));
    await queues[Symbol.asyncDispose]();
    await last;
    await assert.rejects(queues.enqueue(kind, messageOf(1)), { code: "QUEUES_CLOSED", retryable: false });
    await assert.rejects(queues.consume(kind, { slots: 1, signal: new AbortController().signal }, acking), {
      code: "QUEUES_CLOSED",
    });
    for (const call of [queues.deadLetters({ limit: 1 }), queues.requeueDead("x"), queues.discardDead("x")])
      await assert.rejects(call, { code: "QUEUES_CLOSED" });
    assert.equal(queues.health().canAccept, false);
    await using consumer = new Consumer(await under.reopen(), kind, acking);
    assert.equal((await consumer.delivery(0)).id, "last");
  });
}

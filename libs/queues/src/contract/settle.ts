import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryLimit, type Settlement } from "../queues.ts";
import {
  acking,
  Consumer,
  deadOf,
  freshKind,
  type HoldingHandler,
  messageOf,
  type OpenQueuesUnderTest,
} from "./support.ts";

const holding: HoldingHandler = (_delivery, over) => over;

export function settleCases(open: OpenQueuesUnderTest): void {
  test("ack() takes the message off for good; what was not acked comes again after reopening", async () => {
    await using under = await open();
    const kind = freshKind();
    await under.queues.enqueue(kind, messageOf("acked"));
    const acked = Promise.withResolvers<Settlement>();
    const consumer = new Consumer(
      under.queues,
      kind,
      async (delivery, over) => {
        if (delivery.id === "acked") acked.resolve(await delivery.ack());
        else await over;
      },
      { slots: 2 },
    );
    assert.equal(await acked.promise, "settled");
    await under.queues.enqueue(kind, messageOf("held"));
    await consumer.delivery(1);
    const queues = await under.reopen();
    await consumer[Symbol.asyncDispose]();
    await queues.enqueue(kind, messageOf("new"));
    await using next = new Consumer(queues, kind, acking);
    await next.delivery(1);
    const seen = next.deliveries.map(({ id, redeliveries }) => [id, redeliveries]);
    assert.deepEqual(
      new Map(seen as [string, number][]),
      new Map([
        ["held", 1],
        ["new", 0],
      ]),
    );
  });

  test("retry() brings the message again after the delay, with its headers and one retry more", async () => {
    await using under = await open();
    const kind = freshKind();
    const headers = { traceparent: "00-abc" };
    await using consumer = new Consumer(under.queues, kind, async (delivery) => {
      assert.equal(await (delivery.retries === 0 ? delivery.retry("1s") : delivery.ack()), "settled");
    });
    const startMs = performance.now();
    await under.queues.enqueue(kind, { ...messageOf("a"), headers });
    const again = await consumer.delivery(1);
    assert.ok(performance.now() - startMs >= 999);
    assert.deepEqual([again.id, again.retries, again.redeliveries], ["a", 1, 0]);
    assert.deepEqual(again.headers, headers);
    assert.equal(`${again.body}`, "message a");
  });

  test("retry() refuses a delay that is not on the ladder, and leaves the delivery open", async () => {
    await using under = await open();
    const kind = freshKind();
    const outcome = Promise.withResolvers<unknown>();
    await using _consumer = new Consumer(under.queues, kind, async (delivery) => {
      await assert
        .rejects(delivery.retry("7s" as "5s"), { code: "BAD_MESSAGE" })
        .then(outcome.resolve, outcome.reject);
      await delivery.ack();
    });
    await under.queues.enqueue(kind, messageOf("a"));
    await outcome.promise;
  });

  test("a delivery is settled once", async () => {
    await using under = await open();
    const kind = freshKind();
    const outcome = Promise.withResolvers<void>();
    await using _consumer = new Consumer(under.queues, kind, async (delivery) => {
      const settlements = [
        () => delivery.ack(),
        () => delivery.retry("1s"),
        () => delivery.deadLetter("no"),
      ] as const;
      const first = delivery.ack();
      try {
        for (const settle of settlements) await assert.rejects(settle, TypeError);
        assert.equal(await first, "settled");
        for (const settle of settlements) await assert.rejects(settle, TypeError);
        outcome.resolve();
      } catch (error) {
        outcome.reject(error);
      }
    });
    await under.queues.enqueue(kind, messageOf("a"));
    await outcome.promise;
  });

  test("a settlement that nobody awaited is waited for before the slot takes the next", async () => {
    await using under = await open();
    const kind = freshKind();
    await under.queues.enqueue(kind, messageOf("a"));
    await under.queues.enqueue(kind, messageOf("b"));
    await using consumer = new Consumer(under.queues, kind, async (delivery) => {
      void delivery.ack();
    });
    await consumer.delivery(1);
    assert.deepEqual(new Set(consumer.deliveries.map(({ id }) => id)), new Set(["a", "b"]));
  });

  test("a delivery that was lost settles nothing: the message has come again and is counted", async () => {
    await using under = await open();
    const kind = freshKind();
    await using consumer = new Consumer(under.queues, kind, holding, { slots: 2 });
    await under.queues.enqueue(kind, messageOf("a"));
    const first = await consumer.delivery(0);
    await under.loseDeliveries();
    const second = await consumer.delivery(1);
    assert.deepEqual([second.id, first.redeliveries, second.redeliveries], ["a", 0, 1]);
    assert.equal(await first.ack(), "lost");
    assert.equal(await second.ack(), "settled");
  });

  test("a delivery that was lost cannot be retried or dead-lettered: there is no second message", async () => {
    await using under = await open();
    const kind = freshKind();
    await using consumer = new Consumer(under.queues, kind, holding, { slots: 3 });
    await under.queues.enqueue(kind, messageOf("a"));
    const first = await consumer.delivery(0);
    await under.loseDeliveries();
    const second = await consumer.delivery(1);
    assert.equal(await first.retry("1s"), "lost");
    await under.loseDeliveries();
    const third = await consumer.delivery(2);
    assert.equal(await second.deadLetter("too late"), "lost");
    assert.equal(third.redeliveries, 2);
    assert.equal(await third.deadLetter("in time"), "settled");
    const letters = await deadOf(under.queues, kind, 1);
    assert.deepEqual(
      letters.map(({ reason }) => reason),
      ["in time"],
    );
    assert.equal(await under.queues.discardDead("a"), true);
  });

  test(`a message that is lost ${deliveryLimit + 1} times becomes a dead letter`, async () => {
    await using under = await open();
    const kind = freshKind();
    await using consumer = new Consumer(under.queues, kind, holding, { slots: deliveryLimit + 2 });
    const id = `poison-${kind}`;
    await under.queues.enqueue(kind, messageOf(id));
    for (let losses = 0; losses <= deliveryLimit; losses++) {
      assert.equal((await consumer.delivery(losses)).redeliveries, losses);
      await under.loseDeliveries();
    }
    const [letter] = await deadOf(under.queues, kind, 1);
    assert.deepEqual([letter?.id, letter?.reason], [id, "delivery limit"]);
    assert.equal(consumer.deliveries.length, deliveryLimit + 1);
    assert.equal(await under.queues.discardDead(id), true);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveryHandler, WorkQueues } from "../queues.ts";
import { Consumer, deadOf, freshKind, messageOf, type OpenQueuesUnderTest, range } from "./support.ts";

/** Enqueues these and dead-letters each with the reason `because of <id>`. */
async function makeDead(queues: WorkQueues, kind: string, ids: readonly string[]): Promise<void> {
  const burying: DeliveryHandler = async (delivery) => {
    await delivery.deadLetter(`because of ${delivery.id}`);
  };
  await using consumer = new Consumer(queues, kind, burying, { slots: 4 });
  await Promise.all(ids.map((id) => queues.enqueue(kind, { ...messageOf(id), headers: { of: id } })));
  await consumer.delivery(ids.length - 1);
}

export function deadCases(open: OpenQueuesUnderTest): void {
  test("deadLetters() shows what could not be handled, with its reason, over and over", async () => {
    await using under = await open();
    const kind = freshKind();
    const ids = range(5).map((id) => `${kind}-${id}`);
    const beforeMs = Date.now();
    await makeDead(under.queues, kind, ids);
    // More often than RabbitMQ 4.0 lets a message be handed out by default.
    for (let look = 0; look < 25; look++) {
      const letters = await deadOf(under.queues, kind, 5);
      assert.deepEqual(new Set(letters.map(({ id }) => id)), new Set(ids));
    }
    const queues = await under.reopen();
    const letters = await deadOf(queues, kind, 5);
    for (const { id, body, headers, reason, retries, diedAtMs } of letters) {
      assert.deepEqual(
        [`${body}`, headers, reason, retries],
        [`message ${id}`, { of: id }, `because of ${id}`, 0],
      );
      assert.ok(diedAtMs !== undefined && diedAtMs >= beforeMs && diedAtMs <= Date.now());
    }
    for (const id of ids) assert.equal(await queues.discardDead(id), true);
    assert.deepEqual(await deadOf(queues, kind, 0), []);
  });

  test("deadLetters() gives no more than asked for, and refuses a bad limit", async () => {
    await using under = await open();
    const kind = freshKind();
    const ids = range(3).map((id) => `${kind}-${id}`);
    await makeDead(under.queues, kind, ids);
    assert.equal((await under.queues.deadLetters({ limit: 2 })).length, 2);
    for (const limit of [0, -1, 1.5, 1_001, Number.NaN])
      await assert.rejects(under.queues.deadLetters({ limit }), { code: "BAD_MESSAGE" });
    for (const id of ids) await under.queues.discardDead(id);
  });

  test("requeueDead() puts it back as new; discardDead() lets it go; both say when there is none", async () => {
    await using under = await open();
    const kind = freshKind();
    const [back = "", gone = ""] = range(2).map((id) => `${kind}-${id}`);
    await makeDead(under.queues, kind, [back, gone]);
    assert.equal(await under.queues.requeueDead(back), true);
    assert.equal(await under.queues.requeueDead(back), false);
    assert.equal(await under.queues.discardDead(gone), true);
    assert.equal(await under.queues.discardDead(gone), false);
    assert.deepEqual(await deadOf(under.queues, kind, 0), []);
    await using consumer = new Consumer(under.queues, kind, async (delivery) => {
      await delivery.ack();
    });
    const { id, body, headers, redeliveries, retries } = await consumer.delivery(0);
    assert.deepEqual([id, `${body}`, headers], [back, `message ${back}`, { of: back }]);
    assert.deepEqual([redeliveries, retries], [0, 0]);
  });

  test("deadLetter() keeps how often it was retried, and cuts an endless reason", async () => {
    await using under = await open();
    const kind = freshKind();
    const id = `${kind}-long`;
    await using consumer = new Consumer(under.queues, kind, async (delivery) => {
      await (delivery.retries === 0 ? delivery.retry("1s") : delivery.deadLetter("🚢".repeat(5_000)));
    });
    await under.queues.enqueue(kind, messageOf(id));
    await consumer.delivery(1);
    const [letter] = await deadOf(under.queues, kind, 1);
    assert.deepEqual([letter?.id, letter?.retries], [id, 1]);
    assert.equal(letter?.reason, "🚢".repeat(500));
    await under.queues.discardDead(id);
  });
}

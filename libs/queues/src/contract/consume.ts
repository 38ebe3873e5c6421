import assert from "node:assert/strict";
import { test } from "node:test";
import { acking, Consumer, freshKind, gate, messageOf, type OpenQueuesUnderTest, range } from "./support.ts";

export function consumeCases(open: OpenQueuesUnderTest): void {
  test("consume() gives each message to one handler, over several consumers", async () => {
    await using under = await open();
    const kind = freshKind();
    const ids = range(120);
    await using one = new Consumer(under.queues, kind, acking, { slots: 3 });
    await using two = new Consumer(under.queues, kind, acking, { slots: 2 });
    await Promise.all(ids.map((id) => under.queues.enqueue(kind, messageOf(id))));
    while (one.deliveries.length + two.deliveries.length < ids.length)
      await Promise.race([one.delivery(one.deliveries.length), two.delivery(two.deliveries.length)]);
    const seen = [...one.deliveries, ...two.deliveries].map(({ id }) => id);
    assert.deepEqual(seen.sort(), [...ids].sort());
  });

  test("consume() runs as many handlers as it has slots, and holds nothing behind a busy one", async () => {
    await using under = await open();
    const kind = freshKind();
    const work = gate();
    let running = 0;
    let most = 0;
    const working = new Consumer(
      under.queues,
      kind,
      async (delivery) => {
        most = Math.max(most, ++running);
        // Claimed and off the queue; the work goes on.
        await delivery.ack();
        await work.opened;
        running--;
      },
      { slots: 2 },
    );
    await Promise.all(range(10).map((id) => under.queues.enqueue(kind, messageOf(id))));
    await working.delivery(1);
    await using other = new Consumer(under.queues, kind, acking);
    await other.delivery(7);
    assert.equal(working.deliveries.length, 2);
    work.open();
    await working.stop();
    assert.equal(most, 2);
    assert.equal(other.deliveries.length, 8);
  });

  test("consume() ends after its handlers when the signal fires, and leaves the rest", async () => {
    await using under = await open();
    const kind = freshKind();
    const work = gate();
    await under.queues.enqueue(kind, messageOf("a"));
    await under.queues.enqueue(kind, messageOf("b"));
    const consumer = new Consumer(under.queues, kind, async (delivery) => {
      await delivery.ack();
      await work.opened;
    });
    await consumer.delivery(0);
    let hasEnded = false;
    const ended = consumer.stop().then(() => {
      hasEnded = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(hasEnded, false);
    work.open();
    await ended;
    assert.equal(consumer.deliveries.length, 1);
    await using next = new Consumer(under.queues, kind, acking);
    const { id, redeliveries } = await next.delivery(0);
    assert.notEqual(id, consumer.deliveries[0]!.id);
    assert.equal(redeliveries, 0);
  });

  test("consume() with a signal that has fired already hands out nothing", async () => {
    await using under = await open();
    const kind = freshKind();
    await under.queues.enqueue(kind, messageOf("a"));
    await under.queues.consume(kind, { slots: 2, signal: AbortSignal.abort() }, () =>
      assert.fail("handed out"),
    );
    await using consumer = new Consumer(under.queues, kind, acking);
    assert.equal((await consumer.delivery(0)).redeliveries, 0);
  });

  test("consume() refuses a bad kind and a bad number of slots", async () => {
    await using under = await open();
    const { signal } = new AbortController();
    for (const slots of [0, -1, 1.5, 257, Number.NaN])
      await assert.rejects(under.queues.consume("fetch", { slots, signal }, acking), { code: "BAD_MESSAGE" });
    await assert.rejects(under.queues.consume("a.b", { slots: 1, signal }, acking), { code: "BAD_MESSAGE" });
  });

  test("consume() ends when the queues are disposed", async () => {
    await using under = await open();
    const consumer = new Consumer(under.queues, freshKind(), acking, { slots: 3 });
    await under.queues[Symbol.asyncDispose]();
    await consumer.stop();
  });

  for (const [what, handler] of [
    ["fails", async () => Promise.reject(new Error("on purpose"))],
    ["settles nothing", async () => {}],
  ] as const) {
    test(`a handler that ${what}: the message is retried after the first delay`, async () => {
      await using under = await open();
      const kind = freshKind();
      await using consumer = new Consumer(under.queues, kind, (delivery) =>
        delivery.retries === 0 ? handler() : acking(delivery),
      );
      const startMs = performance.now();
      await under.queues.enqueue(kind, messageOf("a"));
      const again = await consumer.delivery(1);
      assert.ok(performance.now() - startMs >= 999);
      assert.deepEqual([again.id, again.retries, again.redeliveries], ["a", 1, 0]);
    });
  }
}

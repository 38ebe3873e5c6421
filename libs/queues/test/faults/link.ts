/** The link is lost, the consumers stop, the broker blocks or is away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, startProxy } from "@fairlead/harness";
import { acking, Consumer, freshKind, messageOf } from "../../src/contract/support.ts";
import type { QueueError } from "../../src/errors.ts";
import type { BrokerUnderTest } from "./support.ts";

export function linkCases(under: BrokerUnderTest): void {
  const { rabbit } = under;

  test("a lost link counts one redelivery, however many slots are idle on it", async () => {
    await using proxy = await startProxy({ port: rabbit.port });
    await using queues = under.open({ url: `amqp://guest:guest@127.0.0.1:${proxy.port}` });
    const kind = freshKind();
    await using consumer = new Consumer(queues, kind, (_delivery, over) => over, { slots: 16 });
    await queues.enqueue(kind, messageOf("a"));
    await consumer.delivery(0);
    proxy.cutAll();
    assert.equal((await consumer.delivery(1)).redeliveries, 1);
  });

  test("consumers that stop do not pass a message on among themselves", async () => {
    await using queues = under.open();
    for (let round = 0; round < 10; round++) {
      const kind = freshKind();
      const stopped = new Consumer(queues, kind, acking, { slots: 16 });
      await queues.enqueue(kind, messageOf("first"));
      await under.untilConsumed(kind);
      // They arrive while sixteen idle slots are being stopped.
      const sent = Promise.all([1, 2, 3, 4].map((id) => queues.enqueue(kind, messageOf(id))));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      await stopped.stop();
      await sent;
      await using consumer = new Consumer(queues, kind, acking);
      const left = 5 - stopped.deliveries.length;
      if (left > 0) await consumer.delivery(left - 1);
      for (const { id, redeliveries } of consumer.deliveries)
        assert.ok(redeliveries <= 1, `${id}: ${redeliveries}`);
    }
  });

  test("the memory alarm: enqueue() gives up in time and says why; afterwards it goes on by itself", async () => {
    await using queues = under.open({ confirmTimeoutMs: 1_500 });
    const kind = freshKind();
    await queues.enqueue(kind, messageOf("before"));
    await rabbit.rabbitmqctl("set_vm_memory_high_watermark", "0.00001");
    try {
      // A broker with other work may say so later than the first message is given up.
      let words = "";
      while (!words.includes("blocked")) {
        await assert.rejects(queues.enqueue(kind, messageOf("refused")), (error: QueueError) => {
          words = error.message;
          return error.code === "QUEUES_FAILED";
        });
      }
      assert.equal(queues.health().canAccept, false);
      assert.match(queues.health().problems.join(), /blocked publishing/);
    } finally {
      await rabbit.rabbitmqctl("set_vm_memory_high_watermark", "0.4");
    }
    await eventually(() => queues.health().canAccept, "the end of the alarm");
    await queues.enqueue(kind, messageOf("after"));
    assert.deepEqual(queues.health().problems, []);
  });

  test("a broker that is away: enqueue() and the dead letters give up in time, and say so", async () => {
    await using proxy = await startProxy({ port: rabbit.port });
    await proxy.setMode({ kind: "refuse" });
    await using queues = under.open({
      url: `amqp://guest:guest@127.0.0.1:${proxy.port}`,
      confirmTimeoutMs: 500,
    });
    const kind = freshKind();
    await eventually(() => /ECONNREFUSED/.test(queues.health().problems.join()), "a refused connection");
    await assert.rejects(queues.enqueue(kind, messageOf(1)), {
      code: "QUEUES_FAILED",
      message: /RabbitMQ is down/,
    });
    await assert.rejects(queues.deadLetters({ limit: 1 }), {
      code: "QUEUES_FAILED",
      message: /RabbitMQ is down/,
    });
    const { canAccept, isDegraded, problems } = queues.health();
    assert.deepEqual([canAccept, isDegraded, problems.length > 0], [false, true, true]);
    assert.ok(!problems.join().includes("guest:guest"));
    await using consumer = new Consumer(queues, kind, acking);
    await proxy.setMode({ kind: "pass" });
    await eventually(() => queues.health().canAccept, "the broker");
    await queues.enqueue(kind, messageOf(2));
    await consumer.delivery(0);
  });
}

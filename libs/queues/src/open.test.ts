import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { freePort, temporaryDirectory } from "@fairlead/harness";
import { Consumer, messageOf } from "./contract/support.ts";
import { openAmqpQueues, openSqliteQueues } from "./mod.ts";

test("openSqliteQueues() opens queues on this disk, counts, and has one owner", async () => {
  await using directory = await temporaryDirectory();
  const meter = new MemoryMeter();
  const path = directory.file("queues.db");
  await using queues = await openSqliteQueues({ path, meter });
  await using consumer = new Consumer(queues, "fetch", async (delivery) => {
    await delivery.ack();
  });
  await queues.enqueue("fetch", messageOf("a"));
  assert.equal((await consumer.delivery(0)).id, "a");
  assert.equal(meter.value("fairlead_queues_enqueued_messages_total", { kind: "fetch" }), 1);
  await assert.rejects(openSqliteQueues({ path }), { code: "QUEUES_IN_USE" });
});

test("openAmqpQueues() opens while RabbitMQ is away", async () => {
  const url = `amqp://guest:guest@127.0.0.1:${await freePort()}`;
  await using queues = await openAmqpQueues({ url, name: "test", logger: silentLogger });
  assert.equal(queues.health().canAccept, false);
});

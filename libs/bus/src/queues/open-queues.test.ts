import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { MemoryMeter, silentLogger } from "@fairlead/core";
import { freePort, temporaryDirectory } from "@fairlead/harness";
import { type BusConfigInput, busConfigSchema, openQueues } from "../mod.ts";
import { Consumer, messageOf } from "./contract/support.ts";

const open = (input: BusConfigInput, dataDir: string, meter = new MemoryMeter()) =>
  openQueues(busConfigSchema.parse(input), { dataDir, logger: silentLogger, meter });

test("openQueues() opens queues on this disk, counts, and has one owner", async () => {
  await using directory = await temporaryDirectory();
  const meter = new MemoryMeter();
  await using queues = await open({}, directory.path, meter);
  await using consumer = new Consumer(queues, "fetch", async (delivery) => {
    await delivery.ack();
  });
  await queues.enqueue("fetch", messageOf("a"));
  assert.equal((await consumer.delivery(0)).id, "a");
  assert.ok(existsSync(directory.file("queues.db")));
  assert.equal(meter.value("fairlead_queues_enqueued_messages_total", { kind: "fetch" }), 1);
  await assert.rejects(open({}, directory.path), { code: "QUEUES_IN_USE" });
});

test("openQueues() with an address of RabbitMQ opens while it is away, and makes no file", async () => {
  await using directory = await temporaryDirectory();
  const url = `amqp://guest:guest@127.0.0.1:${await freePort()}`;
  await using queues = await open({ amqp: { url } }, directory.path);
  assert.equal(queues.health().canAccept, false);
  assert.ok(!existsSync(directory.file("queues.db")));
});

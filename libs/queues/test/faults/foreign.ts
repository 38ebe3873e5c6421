/** Clients at the same broker that know nothing of us. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { Consumer, deadOf, freshKind, messageOf } from "../../src/contract/support.ts";
import { maxMessageBytes } from "../../src/queues.ts";
import type { BrokerUnderTest } from "./support.ts";

export function foreignCases(under: BrokerUnderTest): void {
  const { foreign } = under;

  test("messages of foreign clients: text headers come along, all properties survive a retry, too large ones are set aside", async () => {
    const meter = new MemoryMeter();
    await using queues = under.open({ meter });
    const kind = freshKind();
    await queues.enqueue(kind, messageOf("first"));
    const { channel } = foreign;
    const headers = { traceparent: "00-1", "X-Other": "kept", number: 7, "fairlead-retries": "nonsense" };
    const properties = {
      headers,
      contentType: "application/json",
      correlationId: "c",
      replyTo: "r",
      expiration: "60000",
    };
    channel.publish("fairlead.jobs", kind, Buffer.from("{}"), properties);
    channel.publish("fairlead.jobs", kind, Buffer.alloc(maxMessageBytes + 1), { messageId: `large-${kind}` });
    await channel.waitForConfirms();
    await using consumer = new Consumer(queues, kind, async (delivery) => {
      await (delivery.id !== "first" && delivery.retries === 0
        ? delivery.retry("1s")
        : delivery.deadLetter("seen"));
    });
    await consumer.delivery(2);
    const [first, again] = consumer.deliveries.filter(({ id }) => id !== "first");
    assert.deepEqual([first!.headers, `${first!.body}`], [{ traceparent: "00-1" }, "{}"]);
    assert.deepEqual([again!.id, again!.retries, again!.headers], [first!.id, 1, { traceparent: "00-1" }]);
    const letters = await deadOf(queues, kind, 3);
    assert.match(letters.find(({ id }) => id === `large-${kind}`)?.reason ?? "", /exceed the limit/);
    assert.equal(meter.value("fairlead_queues_unusable_messages_total", { kind }), 1);
    const spare = await foreign.spare();
    const found: unknown[] = [];
    for (;;) {
      const message = await spare.get("dead.v1");
      if (message === false) break;
      const { contentType, correlationId, replyTo, expiration } = message.properties;
      if (message.properties.messageId === first!.id)
        found.push([contentType, correlationId, replyTo, expiration, message.properties.headers?.["number"]]);
    }
    await spare.close();
    assert.deepEqual(found, [["application/json", "c", "r", undefined, 7]]);
    for (const { id } of letters) assert.equal(await queues.discardDead(id), true);
  });

  test("dead letters of other queues go back to the queue that they came from", async () => {
    await using queues = under.open();
    await queues.deadLetters({ limit: 1 });
    const { channel } = foreign;
    const inbox = freshKind().replaceAll("-", ".");
    const dlx = { "x-queue-type": "quorum", "x-dead-letter-exchange": "fairlead.dead" };
    await channel.assertQueue(inbox, { durable: true, arguments: dlx });
    channel.sendToQueue(inbox, Buffer.from("event"), { persistent: true });
    await channel.waitForConfirms();
    const rejected = await channel.get(inbox);
    assert.ok(rejected !== false);
    channel.nack(rejected, false, false);
    const [letter] = await deadOf(queues, inbox, 1);
    assert.deepEqual([letter?.reason, `${letter?.body}`], ["rejected by its consumer", "event"]);
    assert.match(letter!.id, /^sha256:[0-9a-f]{64}$/);
    assert.equal(await queues.requeueDead(letter!.id), true);
    const back = await channel.get(inbox, { noAck: true });
    assert.equal(back !== false && `${back.content}`, "event");
    await channel.deleteQueue(inbox);
  });
}

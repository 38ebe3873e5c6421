/** A connection may be lost at any byte: before, in and behind each answer of the broker. Nothing may wait for ever then. */

import { after, before, describe, test } from "node:test";
import { retry, silentLogger } from "@fairlead/core";
import { cutAnywhere, rabbitMissing, skipOrFail, startRabbit, type TestRabbit } from "@fairlead/harness";
import { AmqpQueues } from "../src/amqp/amqp-queues.ts";
import { acking, Consumer, freshKind, messageOf } from "../src/contract/support.ts";

/** A queue without a leader yet, which is what a cut settling time allows, refuses at first: for how long is up to the broker. */
const insist = (enqueue: () => Promise<unknown>) =>
  retry(enqueue, { minDelayMs: 5, maxDelayMs: 200, maxAttempts: Number.POSITIVE_INFINITY });

describe("work queues, cut at any place", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  let direct: AmqpQueues;
  const openQueues = (url: string) =>
    new AmqpQueues({
      url,
      name: "cut",
      logger: silentLogger,
      settleMs: 0,
      reconnectMinMs: 5,
      reconnectMaxMs: 20,
    });
  before(async () => {
    rabbit = await startRabbit();
    direct = openQueues(rabbit.url);
  });
  after(async () => {
    await direct?.[Symbol.asyncDispose]();
    await rabbit?.[Symbol.asyncDispose]();
  });

  test("enqueue() and consume() of work queues go on", async (t) => {
    const kinds = Array.from({ length: 4 }, freshKind);
    const places = await cutAnywhere(rabbit.port, async (url, lane) => {
      const kind = kinds[lane]!;
      await using queues = openQueues(url);
      await using consumer = new Consumer(queues, kind, acking);
      await insist(() => queues.enqueue(kind, messageOf("through-the-proxy")));
      await consumer.delivery(0);
    });
    t.diagnostic(`cut at ${places} places`);
  });

  test("a consumer of work queues goes on where nobody enqueues", async (t) => {
    const kinds = Array.from({ length: 4 }, freshKind);
    const places = await cutAnywhere(rabbit.port, async (url, lane) => {
      const kind = kinds[lane]!;
      await using queues = openQueues(url);
      await using consumer = new Consumer(queues, kind, acking);
      await insist(() => direct.enqueue(kind, messageOf("past-the-proxy")));
      await consumer.delivery(0);
    });
    t.diagnostic(`cut at ${places} places`);
  });

  test("a look at the dead letters comes to an end and can be repeated", async (t) => {
    const places = await cutAnywhere(rabbit.port, async (url) => {
      await using queues = openQueues(url);
      const look = () => queues.deadLetters({ limit: 10 });
      await look().catch(look);
    });
    t.diagnostic(`cut at ${places} places`);
  });
});

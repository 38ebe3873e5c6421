/** A connection may be lost at any byte: before, in and behind each answer of the broker. Nothing may wait for ever then. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { withChannel } from "@fairlead/amqp";
import { retry, silentLogger } from "@fairlead/core";
import { rabbitMissing, skipOrFail, startRabbit, type TestRabbit } from "@fairlead/harness";
import { connect } from "amqplib";
import { type AmqpQueues, openAmqpQueues } from "../../src/queues/amqp/amqp-queues.ts";
import { acking, Consumer, freshKind, messageOf } from "../../src/queues/contract/support.ts";
import { cutAnywhere } from "./cut-anywhere.ts";
import { eventOf, openTestBus } from "./rabbit.ts";

describe("cut at any place", { skip: skipOrFail(rabbitMissing()) }, () => {
  let rabbit: TestRabbit;
  let direct: AmqpQueues;
  const openQueues = (url: string) =>
    openAmqpQueues({
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

  const report = (places: number) => {
    assert.ok(places > 40, `only ${places} places were cut`);
    return `cut at ${places} places`;
  };

  test("withChannel() ends, whatever its work comes to", async (t) => {
    const work = async (url: string) => {
      const model = await connect(url);
      model.on("error", () => {});
      const lost = new Promise((resolve) => model.on("close", resolve));
      await withChannel(model, (channel) => channel.checkExchange("amq.direct"));
      await Promise.race([model.close().catch(() => {}), lost]);
    };
    t.diagnostic(report(await cutAnywhere(rabbit.port, (url) => work(url).catch(() => {}))));
  });

  test("enqueue() and consume() of work queues go on", async (t) => {
    const kinds = Array.from({ length: 4 }, freshKind);
    const places = await cutAnywhere(rabbit.port, async (url, lane) => {
      const kind = kinds[lane]!;
      await using queues = openQueues(url);
      await using consumer = new Consumer(queues, kind, acking);
      // A queue without a leader yet, which is what a cut settling time allows, refuses at first.
      await retry(() => queues.enqueue(kind, messageOf("through-the-proxy")), { minDelayMs: 5 });
      await consumer.delivery(0);
    });
    t.diagnostic(report(places));
  });

  test("a consumer of work queues goes on where nobody enqueues", async (t) => {
    const kinds = Array.from({ length: 4 }, freshKind);
    const places = await cutAnywhere(rabbit.port, async (url, lane) => {
      const kind = kinds[lane]!;
      await using queues = openQueues(url);
      await using consumer = new Consumer(queues, kind, acking);
      await direct.enqueue(kind, messageOf("past-the-proxy"));
      await consumer.delivery(0);
    });
    t.diagnostic(report(places));
  });

  test("a look at the dead letters comes to an end and can be repeated", async (t) => {
    const places = await cutAnywhere(rabbit.port, async (url) => {
      await using queues = openQueues(url);
      const look = () => queues.deadLetters({ limit: 10 });
      await look().catch(look);
    });
    t.diagnostic(report(places));
  });

  test("publish() and tail() of the log go on", async (t) => {
    let published = 0;
    // From where anybody has read to: the log grows faster than the places move.
    let read = 0;
    const places = await cutAnywhere(rabbit.port, async (url) => {
      await using under = await openTestBus(url, {
        reconnectMinMs: 5,
        reconnectMaxMs: 20,
        declareEveryMs: 20,
      });
      const id = `event-${published++}`;
      const stop = new AbortController();
      const tailing = under.bus.tail({ after: read, signal: stop.signal });
      await under.bus.publish(eventOf(id));
      for await (const { event, offset } of tailing) {
        read = Math.max(read, offset);
        if (event.id === id) break;
      }
      stop.abort();
    });
    t.diagnostic(report(places));
  });
});

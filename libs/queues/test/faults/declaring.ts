/** What the queues are declared with, and from when on they are used. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { delayQueue, jobQueue } from "../../src/amqp/topology.ts";
import { acking, Consumer, freshKind, messageOf } from "../../src/contract/support.ts";
import { delayMs, retryDelays } from "../../src/delays.ts";
import type { BrokerUnderTest } from "./support.ts";

export function declaringCases(under: BrokerUnderTest): void {
  const { rabbit } = under;

  test("a new queue takes nothing before its age", async () => {
    await using queues = under.open({ settleMs: 400 });
    await using other = under.open({ settleMs: 400 });
    const kind = freshKind();
    const startMs = performance.now();
    // The other finds the queue made and not yet bound, and must wait as well.
    await Promise.all([queues.enqueue(kind, messageOf(1)), other.enqueue(kind, messageOf(2))]);
    assert.ok(performance.now() - startMs >= 399);
    // Only the first waits: this one would be given up long before.
    await using later = under.open({ settleMs: 3_600_000 });
    await later.enqueue(kind, messageOf(3));
    await using consumer = new Consumer(queues, kind, acking);
    await consumer.delivery(2);
  });

  test("each step of the ladder has a queue with its delay, and every queue its limits", async () => {
    await using queues = under.open();
    const kind = freshKind();
    await Promise.all(retryDelays.map((delay) => queues.enqueue(kind, messageOf(delay), { delay })));
    const listed = await rabbit.rabbitmqctl("list_queues", "name", "type", "arguments", "--formatter=json");
    const listing: {
      name: string;
      type: string;
      arguments: [string, string, unknown][] | Record<string, unknown>;
    }[] = JSON.parse(listed);
    const argumentsOf = (name: string) => {
      const found = listing.find((queue) => queue.name === name);
      assert.match(found?.type ?? "", /quorum/, name);
      const { arguments: args } = found!;
      return Array.isArray(args) ? Object.fromEntries(args.map((one) => [one[0], one.at(-1)])) : args;
    };
    for (const delay of retryDelays) {
      const args = argumentsOf(delayQueue(kind, delay));
      assert.equal(args["x-message-ttl"], delayMs[delay]);
      assert.equal(args["x-dead-letter-exchange"], "fairlead.jobs");
      assert.equal(args["x-dead-letter-routing-key"], kind);
    }
    const args = argumentsOf(jobQueue(kind));
    assert.equal(args["x-dead-letter-exchange"], "fairlead.dead");
    for (const one of [args, argumentsOf(delayQueue(kind, "1h"))]) {
      assert.equal(one["x-delivery-limit"], 5);
      assert.equal(one["x-overflow"], "reject-publish");
      assert.equal(one["x-dead-letter-strategy"], "at-least-once");
      assert.equal(one["x-max-length"], 100_000);
      assert.equal(one["x-max-length-bytes"], 2 ** 30);
    }
  });
}

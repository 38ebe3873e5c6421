/** What an operator may do to queues, bindings and exchanges. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { eventually, within } from "@fairlead/harness";
import { delayQueue, jobQueue, kindDeclaration } from "../../src/amqp/topology.ts";
import { acking, Consumer, freshKind, gate, messageOf } from "../../src/contract/support.ts";
import type { Delivery, WorkQueues } from "../../src/queues.ts";
import type { BrokerUnderTest } from "./support.ts";

export function topologyCases(under: BrokerUnderTest): void {
  const { foreign, rabbit } = under;

  /** Has handled one message and waits for the next. */
  async function idleConsumer(queues: WorkQueues, kind: string): Promise<Consumer> {
    const acked = gate();
    const handler = async (delivery: Delivery) => {
      await delivery.ack();
      acked.open();
    };
    const consumer = new Consumer(queues, kind, handler, { slots: 3 });
    await queues.enqueue(kind, messageOf("before"));
    await acked.opened;
    await under.untilConsumed(kind);
    return consumer;
  }

  test("a deleted queue: its consumer is cancelled, counted, and consumes again from a new one", async () => {
    const meter = new MemoryMeter();
    await using queues = under.open({ meter });
    const kind = freshKind();
    await using consumer = await idleConsumer(queues, kind);
    await foreign.channel.deleteQueue(jobQueue(kind));
    await eventually(
      () => meter.value("fairlead_queues_cancelled_consumers_total", { kind }) > 0,
      "a cancel",
    );
    await queues.enqueue(kind, messageOf("after"));
    assert.equal((await consumer.delivery(1)).id, "after");
  });

  test("a queue deleted and made again at once: a consumer that was not told is made anew", async () => {
    await using queues = under.open();
    const kind = freshKind();
    await using consumer = await idleConsumer(queues, kind);
    await foreign.channel.deleteQueue(jobQueue(kind));
    const args = kindDeclaration(kind, { maxMessages: 100_000, maxBytes: 1 << 30 }).arguments;
    await foreign.channel.assertQueue(jobQueue(kind), { durable: true, arguments: args });
    await queues.enqueue(kind, messageOf("after"));
    assert.equal((await consumer.delivery(1)).id, "after");
  });

  test("a queue deleted where nobody enqueues: its consumer makes it anew", async () => {
    await using queues = under.open();
    const kind = freshKind();
    await using _consumer = await idleConsumer(queues, kind);
    await foreign.channel.deleteQueue(jobQueue(kind));
    const isThere = async () => {
      const spare = await foreign.spare();
      const { consumerCount } = await spare.checkQueue(jobQueue(kind)).catch(() => ({ consumerCount: 0 }));
      return consumerCount === 1;
    };
    await eventually(isThere, "a queue with a consumer");
  });

  test("a queue deleted while its message is in hand: the ack changes nothing, the consumer goes on", async () => {
    await using queues = under.open();
    const kind = freshKind();
    const ready = Promise.withResolvers<void>();
    await using consumer = new Consumer(queues, kind, async (delivery) => {
      await ready.promise;
      await delivery.ack();
    });
    await queues.enqueue(kind, messageOf("a"));
    await consumer.delivery(0);
    await foreign.channel.deleteQueue(jobQueue(kind));
    ready.resolve();
    await queues.enqueue(kind, messageOf("b"));
    assert.equal((await consumer.delivery(1)).id, "b");
  });

  for (const [what, hurt] of [
    [
      "a removed binding",
      (kind: string) => foreign.channel.unbindQueue(jobQueue(kind), "fairlead.jobs", kind),
    ],
    ["a deleted exchange", () => foreign.channel.deleteExchange("fairlead.jobs")],
  ] as const) {
    test(`${what}: enqueue() makes it anew and loses nothing`, async () => {
      await using queues = under.open();
      const kind = freshKind();
      await queues.enqueue(kind, messageOf("before"));
      await hurt(kind);
      await Promise.all([1, 2, 3].map((id) => queues.enqueue(kind, messageOf(id))));
      await using consumer = new Consumer(queues, kind, acking);
      await consumer.delivery(3);
      assert.deepEqual(consumer.deliveries.map(({ id }) => id).sort(), ["1", "2", "3", "before"]);
    });
  }

  test("a deleted delay queue and the exchange: retry() makes them anew", async () => {
    await using queues = under.open();
    const kind = freshKind();
    await queues.enqueue(kind, messageOf("first"), { delay: "1s" });
    await foreign.channel.deleteQueue(delayQueue(kind, "1s"));
    await foreign.channel.deleteExchange("fairlead.jobs");
    await queues.enqueue(kind, messageOf("a"));
    await using consumer = new Consumer(queues, kind, async (delivery) => {
      await (delivery.retries === 0 ? delivery.retry("1s") : delivery.ack());
    });
    assert.deepEqual([(await consumer.delivery(1)).id, consumer.deliveries[1]!.retries], ["a", 1]);
  });

  test("a kind whose queue is full holds up its own delays and nobody else's", async () => {
    await using queues = under.open({ maxMessages: 50 });
    const [full, other] = [freshKind(), freshKind()];
    // More than RabbitMQ's worker has out at a time (dead_letter_worker_consumer_prefetch, 32), and before the other's.
    const delayed = Array.from({ length: 40 }, (_, id) => `delayed-${id}`);
    await Promise.all(delayed.map((id) => queues.enqueue(full, messageOf(id), { delay: "1s" })));
    const fill = async () => {
      for (let id = 0; ; id++) await queues.enqueue(full, messageOf(id));
    };
    await assert.rejects(fill(), { code: "QUEUE_FULL" });
    await queues.enqueue(other, messageOf("a"), { delay: "1s" });
    await using consumer = new Consumer(queues, other, acking);
    assert.equal((await within(consumer.delivery(0), "a message of the other kind")).id, "a");
  });

  test("a queue with other arguments: enqueue() says what the broker says, other kinds go on", async () => {
    await using queues = under.open();
    const [bad, good] = [freshKind(), freshKind()];
    await foreign.channel.assertQueue(jobQueue(bad), { durable: true });
    const refused = queues.enqueue(bad, messageOf(1));
    await queues.enqueue(good, messageOf(1));
    await assert.rejects(refused, { code: "QUEUES_FAILED", retryable: true, message: /PRECONDITION_FAILED/ });
    await foreign.channel.deleteQueue(jobQueue(bad));
    await queues.enqueue(bad, messageOf(2));
  });

  test("a queue without a leader: its messages fail in time and say why; the link stays for the others", async () => {
    const losses: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, message: string) => void losses.push(message) };
    await using queues = under.open({ confirmTimeoutMs: 5_000, logger });
    const [stuck, good] = [freshKind(), freshKind()];
    await queues.enqueue(stuck, messageOf("before"));
    await queues.enqueue(good, messageOf("before"));
    const member = `{'%2F_${jobQueue(stuck)}', node()}`;
    await rabbit.rabbitmqctl("eval", `ra:stop_server(quorum_queues, ${member}).`);
    let isOver = false;
    const refused = assert
      .rejects(queues.enqueue(stuck, messageOf("refused")), { code: "QUEUES_FAILED", message: /a leader/ })
      .finally(() => {
        isOver = true;
      });
    for (let id = 0; !isOver; id++) {
      await queues.enqueue(good, messageOf(id));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await refused;
    assert.deepEqual(losses, []);
    await rabbit.rabbitmqctl("eval", `ra:restart_server(quorum_queues, ${member}).`);
    await using consumer = new Consumer(queues, stuck, acking);
    assert.equal((await consumer.delivery(0)).id, "before");
  });
}

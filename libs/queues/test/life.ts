/**
 * A process that the tests kill: enqueues and handles messages, and writes each step to its standard output, an ack before and
 * after. Arguments: the address or file, the kind, and how the ids of its messages begin.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "@fairlead/core";
import { AmqpQueues } from "../src/amqp/amqp-queues.ts";
import { openSqliteQueues } from "../src/sqlite/sqlite-queues.ts";

const [target = "", kind = "", name = ""] = process.argv.slice(2);
const say = (step: string, id: string) => process.stdout.write(`${step} ${id}\n`);
const queues = target.startsWith("amqp:")
  ? new AmqpQueues({ url: target, name: "life", logger: silentLogger, settleMs: 0 })
  : await openSqliteQueues({ path: target });

let next = 0;
const produce = async () => {
  for (;;) {
    const id = `${name}-${next++}`;
    await queues.enqueue(kind, { id, body: Buffer.alloc(1_000, id) });
    say("enqueued", id);
    await sleep(5);
  }
};
const { signal } = new AbortController();
const handling = queues.consume(kind, { slots: 6, signal }, async (delivery) => {
  say("got", delivery.id);
  // Claiming takes a moment: that is when it is killed.
  await sleep(Math.random() * 10);
  say("acking", delivery.id);
  if ((await delivery.ack()) === "settled") say("acked", delivery.id);
});
await Promise.all([produce(), produce(), produce(), handling]);

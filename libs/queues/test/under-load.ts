import { silentLogger } from "@fairlead/core";
import { eventually, within } from "@fairlead/harness";
import { AmqpQueues, type AmqpQueuesOptions } from "../src/amqp/amqp-queues.ts";
import { freshKind } from "../src/contract/support.ts";
import { Audit } from "./audit.ts";

export const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1_000));

/** Produces and consumes while `hurt` runs, then stops producing and audits. Returns the books in a sentence. */
export async function underLoad(
  port: number,
  hurt: () => Promise<void>,
  options: Partial<AmqpQueuesOptions> = {},
): Promise<string> {
  const kind = freshKind();
  const audit = new Audit(kind);
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  await using queues = new AmqpQueues({
    url,
    name: "load",
    logger: silentLogger,
    reconnectMaxMs: 500,
    ...options,
  });
  // New queues take messages only when they are old enough (declared.ts): made before it begins.
  await within(audit.enqueue(queues, `${kind}-first-0`, { delay: "1s" }), "a first message");
  const producing = new AbortController();
  const consuming = new AbortController();
  const produced = audit.produce(queues, producing.signal);
  const consumed = queues.consume(kind, { slots: 8, signal: consuming.signal }, audit.handle);
  try {
    await eventually(() => audit.enqueued.size > 20, "a load");
    await hurt();
  } finally {
    producing.abort();
    await within(produced, "an outcome for what is being enqueued");
  }
  const unseen = () => {
    const missing = audit.unsettled();
    return `an end: ${missing.length} are missing, like ${missing.slice(0, 20)}`;
  };
  // RabbitMQ forwards a message out of a delay once more after 180 s (`dead_letter_worker_publisher_confirm_timeout` of
  // rabbit.app) when its queue refused the message, as a queue without a leader does after a crash. Late is not lost.
  const summary = await within(audit.close(queues), unseen);
  consuming.abort();
  await consumed;
  return summary;
}

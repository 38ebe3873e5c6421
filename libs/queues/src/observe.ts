/** The metrics of the work queues; both drivers tell the same observer. */
import { type Meter, reasonOf } from "@fairlead/core";
import { QueueError } from "./errors.ts";

export interface QueueObserver {
  enqueued(kind: string): void;
  refused(error: unknown): void;
  delivered(kind: string, isRedelivery: boolean): void;
  settled(kind: string, outcome: "ack" | "retry" | "dead" | "lost"): void;
  /** The broker cancelled a consumer: its queue was deleted, or moved. */
  consumerCancelled(kind: string): void;
  /** The driver itself dead-lettered a message of the queue: too large to be ours, or damaged. */
  unusable(kind: string): void;
}

/** Labels only of kinds that passed `checkKind`; a process uses few. */
export function observeQueues(meter: Meter): QueueObserver {
  const counter = (name: string, help: string, labels: readonly string[]) =>
    meter.counter({ name: `fairlead_queues_${name}_total`, help, labels });
  const enqueued = counter("enqueued_messages", "Messages that became durable in a work queue", ["kind"]);
  const refused = counter("refused_messages", "Messages that enqueue refused, by the reason", ["reason"]);
  const deliveries = counter("deliveries", "Messages handed to a handler, redeliveries among them", ["kind"]);
  const redeliveries = counter("redeliveries", "Messages handed out again after they were lost unsettled", [
    "kind",
  ]);
  const settled = counter("settled_deliveries", "Deliveries by how they ended", ["kind", "outcome"]);
  const cancelled = counter("cancelled_consumers", "Consumers that the broker cancelled", ["kind"]);
  const unusable = counter(
    "unusable_messages",
    "Messages dead-lettered without a handler: too large or damaged",
    ["kind"],
  );
  return {
    enqueued: (kind) => enqueued.increment(1, { kind }),
    refused: (error) =>
      refused.increment(1, { reason: error instanceof QueueError ? reasonOf(error.code) : "internal" }),
    delivered(kind, isRedelivery) {
      deliveries.increment(1, { kind });
      if (isRedelivery) redeliveries.increment(1, { kind });
    },
    settled: (kind, outcome) => settled.increment(1, { kind, outcome }),
    consumerCancelled: (kind) => cancelled.increment(1, { kind }),
    unusable: (kind) => unusable.increment(1, { kind }),
  };
}

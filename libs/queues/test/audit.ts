import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "@fairlead/core";
import type { RetryDelay } from "../src/delays.ts";
import { QueueError } from "../src/errors.ts";
import { type Delivery, maxListed, type WorkQueues } from "../src/queues.ts";

const producers = 8;

/**
 * Keeps the books of a fault test: what was durable, what was settled how often. Nothing durable may be missing in the end; what
 * came or was settled more than once is counted.
 */
export class Audit {
  readonly enqueued = new Set<string>();
  readonly acked = new Map<string, number>();
  readonly buried = new Map<string, number>();
  deliveries = 0;
  redeliveries = 0;
  lost = 0;
  refused = 0;
  readonly #kind: string;

  constructor(kind: string) {
    this.#kind = kind;
  }

  /** Repeats it with its own id until it is durable. */
  async enqueue(
    queues: WorkQueues,
    id: string,
    options: { readonly delay?: RetryDelay } = {},
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await queues.enqueue(this.#kind, { id, body: Buffer.alloc(200, id) }, options);
        this.enqueued.add(id);
        return;
      } catch (error) {
        assert.ok(error instanceof QueueError && error.retryable, `${error}`);
        this.refused++;
        await sleep(backoffMs(attempt, { maxDelayMs: 500 }));
      }
    }
  }

  /** Enqueues numbered messages, several at a time. */
  async produce(queues: WorkQueues, signal: AbortSignal): Promise<void> {
    let next = 0;
    const produceOn = async () => {
      while (!signal.aborted) {
        await this.enqueue(queues, `${this.#kind}-m-${next++}`);
        // Less than consumers can take, so that no backlog grows and every dead letter can be listed.
        await sleep(25);
      }
    };
    await Promise.all(Array.from({ length: producers }, produceOn));
  }

  /** Most are acked, one in ten is retried first, one in twenty buried: always the same for the same message. */
  readonly handle = async (delivery: Delivery): Promise<void> => {
    this.deliveries++;
    if (delivery.redeliveries > 0) this.redeliveries++;
    const draw = Number(/\d+$/.exec(delivery.id)?.[0]) % 20;
    if (draw % 6 === 3) await sleep(20);
    if (draw % 10 === 5 && delivery.retries === 0) {
      if ((await delivery.retry("1s")) === "lost") this.lost++;
      return;
    }
    const bury = draw === 7;
    const settlement = bury ? await delivery.deadLetter("drawn") : await delivery.ack();
    if (settlement === "lost") this.lost++;
    else this.#count(bury ? this.buried : this.acked, delivery.id);
  };

  #count(book: Map<string, number>, id: string): void {
    book.set(id, (book.get(id) ?? 0) + 1);
  }

  /** Durable, and not settled by a handler. */
  unsettled(): string[] {
    return [...this.enqueued].filter((id) => !this.acked.has(id) && !this.buried.has(id));
  }

  /** Waits until each is settled or among the dead letters, then looks that what was buried is really there. */
  async close(queues: WorkQueues): Promise<string> {
    let dead = new Set<string>();
    for (;;) {
      const letters = await queues.deadLetters({ limit: maxListed });
      assert.ok(letters.length < maxListed, "more dead letters than can be listed: they cannot all be seen");
      dead = new Set(letters.filter(({ kind }) => kind === this.#kind).map(({ id }) => id));
      if (this.unsettled().every((id) => dead.has(id))) break;
      // Each look is a delivery of every letter to the broker.
      await sleep(500);
    }
    const missing = [...this.buried.keys()].filter((id) => !dead.has(id));
    // Not deepEqual: what a failed one needs for its text grows with the square of the list (8,000 ids: 0.5 GB, 16,000: 2 GB).
    assert.equal(missing.length, 0, `dead-lettered and not among the dead letters, like ${missing[0]}`);
    const limited = this.unsettled().length;
    for (const id of dead) await queues.discardDead(id);
    return `${this.#summary()}, ${limited} dead by the delivery limit`;
  }

  #summary(): string {
    const settledTimes = [...this.acked.values(), ...this.buried.values()];
    const repeats = settledTimes.reduce((sum, times) => sum + times - 1, 0);
    return (
      `${this.enqueued.size} enqueued, ${this.deliveries} deliveries, ${this.redeliveries} of them again, ` +
      `${this.lost} settlements lost, ${repeats} settled more than once, ${this.refused} refusals repeated`
    );
  }
}

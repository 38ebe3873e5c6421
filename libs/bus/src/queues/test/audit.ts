import assert from "node:assert/strict";
import { backoffMs } from "@fairlead/core";
import { QueueError } from "../errors.ts";
import type { Delivery, WorkQueues } from "../queues.ts";

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

  /** Enqueues numbered messages, several at a time, each until it is durable and always with its own id. */
  async produce(queues: WorkQueues, signal: AbortSignal, name = "m"): Promise<void> {
    let next = 0;
    const produceOn = async () => {
      while (!signal.aborted) {
        const id = `${this.#kind}-${name}-${next++}`;
        for (let attempt = 1; ; attempt++) {
          try {
            await queues.enqueue(this.#kind, { id, body: Buffer.alloc(200, id) });
            this.enqueued.add(id);
            break;
          } catch (error) {
            assert.ok(error instanceof QueueError && error.retryable, `${error}`);
            this.refused++;
            await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, { maxDelayMs: 500 })));
          }
        }
        // A little less than all that the machine gives, so that consumers come along.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await Promise.all(Array.from({ length: 8 }, produceOn));
  }

  /** Most are acked, some retried first, some buried: always the same for the same message. */
  readonly handle = async (delivery: Delivery): Promise<void> => {
    this.deliveries++;
    if (delivery.redeliveries > 0) this.redeliveries++;
    const draw = Number(/\d+$/.exec(delivery.id)?.[0]) % 10;
    if (draw === 3) await new Promise((resolve) => setTimeout(resolve, 20));
    if (draw === 5 && delivery.retries === 0) {
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
      const letters = await queues.deadLetters({ limit: 1_000 });
      dead = new Set(letters.filter(({ kind }) => kind === this.#kind).map(({ id }) => id));
      if (this.unsettled().every((id) => dead.has(id))) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const missing = [...this.buried.keys()].filter((id) => !dead.has(id));
    assert.ok(dead.size < 1_000, "more dead letters than can be listed: the test cannot see them all");
    assert.deepEqual(missing, [], "dead-lettered, and not among the dead letters");
    for (const id of dead) await queues.discardDead(id);
    return this.summary();
  }

  summary(): string {
    const repeats = [...this.acked.values(), ...this.buried.values()].reduce(
      (sum, times) => sum + times - 1,
      0,
    );
    return (
      `${this.enqueued.size} enqueued, ${this.deliveries} deliveries, ${this.redeliveries} of them again, ` +
      `${this.lost} settlements lost, ${repeats} settled more than once, ${this.refused} refusals repeated`
    );
  }
}

import { QueueError } from "../errors.ts";
import type { ConsumeOptions, DeadLetter, Delivery, DeliveryHandler, WorkQueues } from "../queues.ts";

/** The limits that the cases count on. */
export const contractLimits = {
  maxMessages: 300,
  maxPendingMessages: 200,
  maxPendingBytes: 4 << 20,
} as const;

export interface QueuesUnderTest extends AsyncDisposable {
  readonly queues: WorkQueues;
  /** Takes every delivery that is out away from its handler, as the loss of the link would. */
  loseDeliveries(): Promise<void>;
  /** Disposes the queues and opens them again on the same store. */
  reopen(): Promise<WorkQueues>;
}

export type OpenQueuesUnderTest = () => Promise<QueuesUnderTest>;

let kinds = 0;
/** A queue that no other case uses. */
export const freshKind = () => `contract-${process.pid}-${++kinds}`;

export const messageOf = (id: string | number) => ({ id: String(id), body: Buffer.from(`message ${id}`) });

export const range = (count: number) => Array.from({ length: count }, (_, index) => String(index));

/** May hold its delivery until the test is over. */
export type HoldingHandler = (delivery: Delivery, over: Promise<void>) => Promise<void>;

/** Consumes beside the test, which asks for what has come. Disposing stops it and waits for its handlers. */
export class Consumer implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  readonly #waiting: (() => void)[] = [];
  readonly #over = Promise.withResolvers<void>();

  constructor(
    queues: WorkQueues,
    kind: string,
    handler: HoldingHandler,
    options: Partial<Pick<ConsumeOptions, "slots">> = {},
  ) {
    this.#done = queues.consume(
      kind,
      { slots: options.slots ?? 1, signal: this.#stop.signal },
      async (delivery) => {
        this.deliveries.push(delivery);
        for (const wake of this.#waiting.splice(0)) wake();
        await handler(delivery, this.#over.promise);
      },
    );
    this.#done.catch(() => {});
  }

  /** The delivery with this place in the order of arrival, as soon as it is here. */
  async delivery(index: number): Promise<Delivery> {
    for (;;) {
      const delivery = this.deliveries[index];
      if (delivery !== undefined) return delivery;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when `consume` has ended; throws what it threw. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.resolve();
    await this.stop();
  }
}

export const acking: DeliveryHandler = async (delivery) => {
  await delivery.ack();
};

/** A gate that a handler waits at. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}

/** Dead letters of one kind, waiting until there are so many: the broker moves what exceeds the delivery limit by itself. */
export async function deadOf(
  queues: WorkQueues,
  kind: string,
  count: number,
): Promise<readonly DeadLetter[]> {
  for (let waitMs = 5; ; waitMs = Math.min(200, waitMs * 2)) {
    const letters = await queues.deadLetters({ limit: 1_000 }).catch((error: unknown) => {
      if (error instanceof QueueError && error.retryable) return undefined;
      throw error;
    });
    const ofKind = letters?.filter((letter) => letter.kind === kind);
    if (ofKind !== undefined && ofKind.length >= count) return ofKind;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

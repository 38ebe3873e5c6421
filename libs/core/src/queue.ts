import { FairleadError } from "./errors.ts";

/** What `push` does when the queue is full. `reject` leaves the decision with the caller: it gets false. */
export type OverflowPolicy = "reject" | "dropOldest" | "dropNewest";

export interface BoundedQueueOptions<T> {
  /** Items at most, at least 1. */
  maxItems: number;
  /** Bytes at most, as `sizeOf` counts them, at least 1. An item larger than this is never taken. */
  maxBytes: number;
  /** Size of an item in bytes. */
  sizeOf: (item: T) => number;
  overflow: OverflowPolicy;
  /** Told of every item that `dropOldest` or `dropNewest` lets go. */
  onDrop?: (item: T) => void;
}

/**
 * First in, first out, bounded by items and by bytes. One consumer iterates; `close` ends the iteration after what is
 * already in the queue.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #options: BoundedQueueOptions<T>;
  #items: (T | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(options: BoundedQueueOptions<T>) {
    if (!(options.maxItems >= 1) || !(options.maxBytes >= 1)) {
      throw new FairleadError("BAD_LIMIT", "Cannot bound a queue: maxItems and maxBytes must be at least 1");
    }
    this.#options = options;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False when the item was not taken (full with `reject`, larger than the queue, or closed). */
  push(item: T): boolean {
    const { maxItems, maxBytes, sizeOf, overflow, onDrop } = this.#options;
    const size = sizeOf(item);
    if (this.#closed) return false;
    if (size <= maxBytes && overflow === "dropOldest") {
      while (this.length > 0 && (this.length >= maxItems || this.#bytes + size > maxBytes))
        onDrop?.(this.shift()!);
    }
    if (this.length >= maxItems || this.#bytes + size > maxBytes) {
      if (overflow !== "reject") onDrop?.(item);
      return false;
    }
    this.#items.push(item);
    this.#bytes += size;
    this.#wake?.();
    return true;
  }

  /** The oldest item, or undefined when empty. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head]!;
    this.#items[this.#head++] = undefined;
    this.#bytes -= this.#options.sizeOf(item);
    // Amortised: the spent front is cut off once it is the larger half.
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** No more pushes; the iteration ends after what is queued. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      while (this.length > 0) yield this.shift()!;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

/**
 * The unconfirmed window: what was handed to the broker and has no positive outcome yet, in the order of the calls.
 * Pure bookkeeping, so that a test can play every outcome.
 */

/** A message on its way to the broker. */
export interface Pending<T> {
  readonly item: T;
  readonly bytes: number;
  readonly sentAtMs: number;
  isConfirmed: boolean;
}

export class ConfirmWindow<T> {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  /** Oldest first; what is confirmed behind an unconfirmed one stays until that one is. */
  #entries: Pending<T>[] = [];
  #head = 0;
  #bytes = 0;

  /** @param maxMessages and @param maxBytes at least 1; one message larger than maxBytes is taken alone */
  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hasRoom(bytes: number): boolean {
    if (this.length === 0) return true;
    return this.length < this.#maxMessages && this.#bytes + bytes <= this.#maxBytes;
  }

  add(item: T, bytes: number, nowMs: number): Pending<T> {
    const entry = { item, bytes, sentAtMs: nowMs, isConfirmed: false };
    this.#entries.push(entry);
    this.#bytes += bytes;
    return entry;
  }

  /** Marks one as confirmed and gives what is thereby confirmed without a gap, oldest first. */
  confirm(entry: Pending<T>): T[] {
    entry.isConfirmed = true;
    const released: T[] = [];
    while (this.#head < this.#entries.length && this.#entries[this.#head]!.isConfirmed) {
      const { item, bytes } = this.#entries[this.#head++]!;
      this.#bytes -= bytes;
      released.push(item);
    }
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return released;
  }

  /** Since when the oldest waits, milliseconds of the monotonic clock. */
  get oldestSentAtMs(): number | undefined {
    return this.#entries[this.#head]?.sentAtMs;
  }

  /**
   * Gives up: everything from the oldest unconfirmed on, in order. What was confirmed behind it comes too: whoever
   * stores it again keeps the order, and a consumer drops the repeat by its id.
   */
  abandon(): T[] {
    const items = this.#entries.slice(this.#head).map(({ item }) => item);
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
    return items;
  }
}

import { FairleadError } from "./errors.ts";

/**
 * A bound on what is pending: a number of items, and a number of bytes in all of them together. The budget only counts. Its owner
 * refuses or waits where there is no room.
 */
export class Budget {
  readonly maxItems: number;
  readonly maxBytes: number;
  #items = 0;
  #bytes = 0;

  /** @throws {FairleadError} BAD_LIMIT for a limit below 1 */
  constructor(maxItems: number, maxBytes: number) {
    if (!(maxItems >= 1) || !(maxBytes >= 1)) {
      throw new FairleadError(
        "BAD_LIMIT",
        `Cannot allow ${maxItems} items of ${maxBytes} bytes to be pending: each limit must be at least 1`,
      );
    }
    this.maxItems = maxItems;
    this.maxBytes = maxBytes;
  }

  get items(): number {
    return this.#items;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True when one more item of this size stays within both limits. */
  hasRoom(bytes: number): boolean {
    return this.#items < this.maxItems && this.#bytes + bytes <= this.maxBytes;
  }

  take(bytes: number): void {
    this.#items++;
    this.#bytes += bytes;
  }

  /** @param bytes as they were given to `take` */
  release(bytes: number): void {
    this.#items--;
    this.#bytes -= bytes;
  }
}

import { WakeUp } from "@fairlead/core";
import type { LineBatch } from "./line-batches.ts";

/** What was given to a connection and is not yet acknowledged, so that the next connection can go on behind it. */
export class SendWindow {
  #batches: LineBatch[] = [];
  /** Lines of the first batch that are acknowledged already. */
  #doneOfFirst = 0;
  #bytes = 0;
  /** Acknowledged in total when the current connection began: its own count starts at 0. */
  #base = 0;
  #acknowledged = 0;
  #acknowledgedBytes = 0;
  readonly #acknowledgement = new WakeUp();

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** Lines, over all connections. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  get acknowledgedBytes(): number {
    return this.#acknowledgedBytes;
  }

  add(batch: LineBatch): void {
    this.#batches.push(batch);
    this.#bytes += batch.bytes.length;
  }

  beginConnection(): void {
    this.#base = this.#acknowledged;
  }

  /** @param count of the current connection, cumulative; a smaller one than before, or one of more than is out, changes nothing more */
  acknowledge(count: number): void {
    let fresh = this.#base + count - this.#acknowledged;
    while (fresh > 0) {
      const first = this.#batches[0];
      if (first === undefined) break;
      const left = first.count - this.#doneOfFirst;
      const taken = Math.min(fresh, left);
      fresh -= taken;
      this.#acknowledged += taken;
      if (taken < left) {
        this.#doneOfFirst += taken;
        continue;
      }
      this.#batches.shift();
      this.#doneOfFirst = 0;
      this.#bytes -= first.bytes.length;
      this.#acknowledgedBytes += first.bytes.length;
    }
    this.#acknowledgement.wake();
  }

  /** What another connection has to send first: everything that is out, from the first line that is not acknowledged. */
  unacknowledged(): Buffer[] {
    return this.#batches.map(({ bytes }, index) => {
      let start = 0;
      if (index === 0)
        for (let line = 0; line < this.#doneOfFirst; line++) start = bytes.indexOf(10, start) + 1;
      return start === 0 ? bytes : bytes.subarray(start);
    });
  }

  /** Resolves when fewer bytes are out. */
  async untilBelow(bytes: number): Promise<void> {
    while (this.#bytes >= bytes) await this.#acknowledgement.next();
  }
}

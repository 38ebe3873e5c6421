import { WakeUp } from "@fairlead/core";
import type { LineBatch } from "./line-batches.ts";

/** The batches that were given to a connection and are not acknowledged, so that the next connection can repeat them. */
export class SendWindow {
  #batches: LineBatch[] = [];
  /** Lines of the first batch that are acknowledged already. */
  #doneOfFirst = 0;
  #bytes = 0;
  /** The lines that were acknowledged when the current connection began. The count of that connection starts at 0. */
  #base = 0;
  #acknowledged = 0;
  #acknowledgedBytes = 0;
  readonly #acknowledgement = new WakeUp();

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** The acknowledged lines of all connections. */
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

  /**
   * @param count the cumulative count of the current connection. A smaller count than before has no effect, and a count beyond the
   *   sent lines stands for all of them
   */
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

  /** The bytes that another connection has to send first: all that were sent, from the first line that is not acknowledged. */
  unacknowledged(): Buffer[] {
    return this.#batches.map(({ bytes }, index) => {
      let start = 0;
      if (index === 0)
        for (let line = 0; line < this.#doneOfFirst; line++) start = bytes.indexOf(10, start) + 1;
      return start === 0 ? bytes : bytes.subarray(start);
    });
  }

  /** Resolves when fewer bytes wait for an acknowledgement. */
  async untilBelow(bytes: number): Promise<void> {
    while (this.#bytes >= bytes) await this.#acknowledgement.next();
  }
}

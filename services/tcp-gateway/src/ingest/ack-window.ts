/** Frames of one read on their way to the bus. */
export interface PendingBatch {
  readonly records: number;
  /** Frames that were dropped or cut before this batch was complete: the client is told when its turn comes. */
  readonly dropped: number;
  readonly truncated: number;
  outcome: "pending" | "durable" | "failed";
}

/**
 * The batches of one connection that are not acknowledged yet, in order. Publishes may finish in any order; what may be
 * acknowledged is the part from the beginning that has no gap. A failed batch is a gap for good.
 */
export class AckWindow {
  #batches: PendingBatch[] = [];
  #head = 0;
  #records = 0;

  /** Records that are durable without a gap, since the connection began. */
  get records(): number {
    return this.#records;
  }

  /** True when nothing can be acknowledged any more: nothing is pending, or the oldest batch has failed. */
  get isDecided(): boolean {
    const oldest = this.#batches[this.#head];
    return oldest === undefined || oldest.outcome === "failed";
  }

  push(batch: PendingBatch): void {
    this.#batches.push(batch);
  }

  /** Takes the next batch out whose turn has come, and counts it; undefined when it is not durable yet. */
  shift(): PendingBatch | undefined {
    const oldest = this.#batches[this.#head];
    if (oldest?.outcome !== "durable") return undefined;
    this.#records += oldest.records;
    this.#head++;
    if (this.#head === this.#batches.length) {
      this.#batches.length = 0;
      this.#head = 0;
    } else if (this.#head >= 64 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
    return oldest;
  }
}

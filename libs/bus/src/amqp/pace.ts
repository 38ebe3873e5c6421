/**
 * How many messages may be unconfirmed at a time. A slow broker is given fewer, so that each is confirmed well within the
 * time limit: a full window that takes longer would be cut, sent again, and make the broker slower still.
 */
export class Pace {
  readonly #most: number;
  readonly #quickMs: number;
  readonly #slowMs: number;
  #allowed: number;

  /** @param most at least 1 @param timeoutMs the time limit of a confirm, milliseconds */
  constructor(most: number, timeoutMs: number) {
    this.#most = most;
    this.#quickMs = timeoutMs / 8;
    this.#slowMs = timeoutMs / 4;
    this.#allowed = most;
  }

  get allowed(): number {
    return this.#allowed;
  }

  get isFull(): boolean {
    return this.#allowed === this.#most;
  }

  /** Confirms that came in time double it in one round, those that took long halve it. @param tookMs from sending on */
  confirmed(count: number, tookMs: number): void {
    if (tookMs <= this.#quickMs) this.#allowed = Math.min(this.#most, this.#allowed + count);
    else if (tookMs > this.#slowMs) this.#allowed = Math.max(1, this.#allowed - Math.ceil(count / 2));
  }

  /**
   * After trouble: a broker that refuses (a full inbox) is asked with one message each time and not with a window of
   * repeats that its other queues would all take.
   */
  restart(): void {
    this.#allowed = 1;
  }
}

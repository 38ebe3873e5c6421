/** One read of a socket, at most: what a connection that is let through may bring. */
const chunkBytes = 65_536;

/**
 * The bytes that all connections of this process together may have unconfirmed. Who meets the limit waits; as bytes are
 * confirmed, as many of those who wait are let through, in order, as have room for a chunk each. A connection that is
 * already waiting for its peer when the limit is met may still bring one chunk.
 */
export class Credit {
  readonly limitBytes: number;
  #usedBytes = 0;
  readonly #waiting = new Set<() => void>();
  #isLettingThrough = false;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get isExhausted(): boolean {
    return this.#usedBytes >= this.limitBytes;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#waiting.size > 0 && !this.#isLettingThrough) this.#letThrough();
  }

  /** Calls back once, when there is room; calling it again with the same function before that changes nothing. */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake);
  }

  #letThrough(): void {
    let places = Math.ceil((this.limitBytes - this.#usedBytes) / chunkBytes);
    for (const wake of this.#waiting) {
      if (places-- <= 0) break;
      this.#waiting.delete(wake);
      wake();
    }
    if (this.#waiting.size === 0 || this.isExhausted) return;
    // Those let through read during the next turn of the loop; whoever still fits comes after it. Without this, others
    // would wait for a release that never comes when those let through have nothing to send.
    this.#isLettingThrough = true;
    setImmediate(() => {
      this.#isLettingThrough = false;
      if (!this.isExhausted) this.#letThrough();
    });
  }
}

/**
 * Bytes of a frame that is not complete yet. The bytes are copied, so that a few bytes do not keep a whole chunk in memory. The
 * memory grows with the bytes, at most to the limit.
 */
export class Held {
  readonly #limit: number;
  #bytes = Buffer.alloc(0);
  #length = 0;

  /** @param limit bytes at most; the caller keeps the limit */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  append(chunk: Buffer, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      // The memory is not from Node's pool: a slice would keep a whole slab of the pool alive while the frame is incomplete.
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(length, this.#bytes.length * 2)));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
  }

  /** The held bytes and a part of the chunk, in one piece. Nothing is held afterwards. */
  takeWith(chunk: Buffer, start: number, end: number): Buffer {
    const whole = Buffer.allocUnsafe(this.#length + end - start);
    this.#bytes.copy(whole, 0, 0, this.#length);
    chunk.copy(whole, this.#length, start, end);
    this.clear();
    return whole;
  }

  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.clear();
    return taken;
  }

  /** Keeps the first `length` bytes. */
  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
  }
}

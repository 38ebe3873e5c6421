/**
 * Bytes that were received and not yet taken, in one piece. A single chunk is kept as it came. More chunks are copied together, so
 * that a peer that sends byte by byte costs its bytes and not an object for each byte. Bytes that were given out are never
 * overwritten.
 */
export class Inbox {
  #buffer: Buffer | undefined;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(chunk: Buffer): void {
    if (this.length === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    let buffer = this.#buffer!;
    const needed = this.length + chunk.length;
    // Bytes behind #end were never given out. All bytes before #start may have been.
    if (this.#end + chunk.length > buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1_024, needed + Math.min(needed, 65_536)));
      buffer.copy(larger, 0, this.#start, this.#end);
      buffer = larger;
      this.#buffer = larger;
      this.#end = this.length;
      this.#start = 0;
    }
    chunk.copy(buffer, this.#end);
    this.#end += chunk.length;
  }

  /** The next `bytes` bytes, or all bytes when there are fewer. The result is a view that may be kept. */
  take(bytes: number): Buffer {
    const from = this.#start;
    const to = Math.min(this.#end, from + bytes);
    const taken = (this.#buffer ?? Buffer.alloc(0)).subarray(from, to);
    this.#start = to;
    if (to === this.#end) this.clear();
    return taken;
  }

  /** The place of `wanted`, counted from the front; -1 when there is none. The search begins at `from`. */
  indexOf(wanted: Uint8Array, from: number): number {
    if (this.length === 0) return -1;
    return this.#buffer!.subarray(this.#start, this.#end).indexOf(wanted, from);
  }

  clear(): void {
    this.#buffer = undefined;
    this.#start = 0;
    this.#end = 0;
  }
}

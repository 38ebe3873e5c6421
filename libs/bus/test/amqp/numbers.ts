/** A set of small whole numbers, a bit each: what the auditor remembers must not show in the memory that it measures. */
export class Numbers implements Iterable<number> {
  #bits = new Uint8Array(1 << 16);
  size = 0;

  add(number: number): void {
    if (this.has(number)) return;
    const index = number >> 3;
    if (index >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(index + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[index]! |= 1 << (number & 7);
    this.size++;
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let number = 0; number < this.#bits.length * 8; number++) if (this.has(number)) yield number;
  }
}

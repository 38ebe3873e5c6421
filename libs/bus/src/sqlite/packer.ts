import { crc32 } from "node:zlib";
import { recordHeaderBytes } from "./record.ts";

/** Packs records into one buffer that can be handed to another thread; grows by doubling. */
export class Packer {
  #buffer: Buffer<ArrayBuffer>;
  #used = 0;
  #count = 0;

  /** @param spare a buffer to fill, else one is made */
  constructor(spare: ArrayBuffer | number) {
    // allocUnsafeSlow gives each buffer an ArrayBuffer of its own: one from the shared pool could not be transferred.
    this.#buffer = typeof spare === "number" ? Buffer.allocUnsafeSlow(spare) : Buffer.from(spare);
  }

  get bytes(): number {
    return this.#used;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Copies one record in. Returns the bytes that it takes.
   * @param crc of type, head and data; undefined: computed here, so that the thread of the log need not
   */
  add(
    offset: number,
    crc: number | undefined,
    type: string,
    head: string | Uint8Array,
    data: Uint8Array,
  ): number {
    const headBound = typeof head === "string" ? head.length * 3 : head.byteLength;
    this.#reserve(recordHeaderBytes + type.length * 3 + headBound + data.byteLength);
    const buffer = this.#buffer;
    const start = this.#used;
    let at = start + recordHeaderBytes;
    const typeBytes = buffer.write(type, at);
    at += typeBytes;
    let headBytes = headBound;
    if (typeof head === "string") headBytes = buffer.write(head, at);
    else buffer.set(head, at);
    at += headBytes;
    buffer.set(data, at);
    buffer.writeDoubleLE(offset, start);
    buffer.writeUInt32LE(typeBytes, start + 12);
    buffer.writeUInt32LE(headBytes, start + 16);
    buffer.writeUInt32LE(data.byteLength, start + 20);
    this.#used = at + data.byteLength;
    const body = start + recordHeaderBytes;
    buffer.writeUInt32LE(crc ?? crc32(buffer.subarray(body, this.#used)), start + 8);
    this.#count++;
    return this.#used - start;
  }

  /** The buffer to transfer; the packer must not be used after. */
  take(): ArrayBuffer {
    return this.#buffer.buffer;
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}

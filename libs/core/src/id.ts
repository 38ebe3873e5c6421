import { randomFillSync } from "node:crypto";

const pool = Buffer.allocUnsafe(16 * 256);
const text = Buffer.alloc(36);
const hexDigits = Buffer.from("0123456789abcdef");
const hyphen = 0x2d;
let used = pool.length;
let lastMs = 0;
let sequence = 0;

/**
 * A UUID version 7 (RFC 9562, 5.7). As text the ids sort by the time of their making, and those of one process by their order.
 * The 12 bits of `rand_a` are a counter within the millisecond (RFC 9562, 6.2, method 1). When the counter overflows, the time
 * runs ahead by one millisecond.
 *
 * @param nowMs milliseconds since the epoch
 */
export function createId(nowMs: number = Date.now()): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, used + 16);
  used += 16;
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = bytes.readUInt16BE(6) & 0x07ff;
  } else if (++sequence > 0x0fff) {
    lastMs += 1;
    sequence = 0;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | sequence, 6);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  let at = 0;
  for (let index = 0; index < 16; index++) {
    const byte = bytes[index]!;
    text[at++] = hexDigits[byte >> 4]!;
    text[at++] = hexDigits[byte & 15]!;
    if (at === 8 || at === 13 || at === 18 || at === 23) text[at++] = hyphen;
  }
  // The text is decoded in one piece. A concatenation would stay a tree of strings for as long as the id lives.
  return text.toString("latin1");
}

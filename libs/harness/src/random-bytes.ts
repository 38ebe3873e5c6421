import { createHash } from "node:crypto";

/** Bytes that look random and are the same for the same seed and name. A test prints its seed, so that it can be repeated. */
export function randomBytesOf(seed: number, name: string, length: number): Buffer {
  if (length === 0) return Buffer.alloc(0);
  return createHash("shake256", { outputLength: length }).update(`${seed} ${name}`).digest();
}

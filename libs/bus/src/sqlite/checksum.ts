import { crc32 } from "node:zlib";

/**
 * The checksum of a row: the CRC of type, head and data, mixed with the offset so that a row under a wrong key shows (the
 * multiplier is odd, so no two offsets below 2^32 mix the same).
 */
export const sealChecksum = (offset: number, crc: number): number =>
  (crc ^ Math.imul(offset, 0x9e3779b1)) >>> 0;

/** The checksum of a row whose parts are in one piece. */
export const bodyChecksum = (offset: number, body: Uint8Array): number => sealChecksum(offset, crc32(body));

/** The same over the three parts. */
export const rowChecksum = (offset: number, type: string, head: Uint8Array, data: Uint8Array): number =>
  sealChecksum(offset, crc32(data, crc32(head, crc32(type))));

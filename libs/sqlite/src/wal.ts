import { existsSync, readFileSync } from "node:fs";
import { endianness } from "node:os";
import { pageBytes } from "./database.ts";

const headerBytes = 32;
const frameHeaderBytes = 24;

/** A page as the write-ahead log has it. */
export interface WalFrame {
  readonly pageNumber: number;
  readonly page: Buffer;
}

/**
 * A write-ahead log, read without SQLite (https://sqlite.org/fileformat2.html, 4). SQLite takes what stands before the
 * first wrong checksum and drops the rest without a word; here the damage shows.
 */
export interface WalContent {
  /** Every frame in the order of the file, valid or not. */
  readonly frames: readonly WalFrame[];
  /** The first frames, as many as SQLite takes: those up to the last commit before a wrong checksum. */
  readonly committed: number;
  /** Why committed transactions may be missing from what SQLite takes; undefined when all is well. */
  readonly damage: string | undefined;
}

export function readWal(path: string): WalContent {
  const file = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  if (file.length === 0) return { frames: [], committed: 0, damage: undefined };
  const magic = file.length < headerBytes ? 0 : file.readUInt32BE(0);
  const isBigEndian = magic === 0x377f0683;
  const isHeaderKnown = isBigEndian || magic === 0x377f0682;
  const size = isHeaderKnown ? file.readUInt32BE(8) : pageBytes;
  const stride = frameHeaderBytes + (size >= 512 && size <= 65_536 ? size : pageBytes);
  const frames: WalFrame[] = [];
  let sums: Sums = [0, 0];
  let isValid = isHeaderKnown;
  if (isHeaderKnown) {
    sums = checksum(file.subarray(0, 24), sums, isBigEndian);
    isValid = sums[0] === file.readUInt32BE(24) && sums[1] === file.readUInt32BE(28);
  }
  const isHeaderValid = isValid;
  let committed = 0;
  let lostCommits = 0;
  for (let at = headerBytes; at + stride <= file.length; at += stride) {
    const page = file.subarray(at + frameHeaderBytes, at + stride);
    frames.push({ pageNumber: file.readUInt32BE(at), page });
    // Frames of an earlier round stay behind the present ones; their salt differs.
    const isOfThisRound = file.compare(file, 16, 24, at + 8, at + 16) === 0;
    if (isValid) {
      sums = checksum(page, checksum(file.subarray(at, at + 8), sums, isBigEndian), isBigEndian);
      isValid =
        isOfThisRound && sums[0] === file.readUInt32BE(at + 16) && sums[1] === file.readUInt32BE(at + 20);
    }
    if (file.readUInt32BE(at + 4) === 0) continue;
    if (isValid) committed = frames.length;
    else if (isOfThisRound) lostCommits++;
  }
  if (!isHeaderValid) return { frames, committed, damage: "its write-ahead log has no valid header" };
  if (lostCommits === 0) return { frames, committed, damage: undefined };
  return {
    frames,
    committed,
    damage: `its write-ahead log has ${lostCommits} transactions behind a wrong checksum`,
  };
}

type Sums = [number, number];

/** The running checksum over pairs of 32-bit words, in the byte order that the header names. */
function checksum(bytes: Buffer, [first, second]: Sums, isBigEndian: boolean): Sums {
  const isNative = isBigEndian === (endianness() === "BE");
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  if (!isNative) copy.swap32();
  const words = new Uint32Array(copy.buffer, 0, copy.length >> 2);
  let [a, b] = [first, second];
  for (let index = 0; index + 1 < words.length; index += 2) {
    a = (a + words[index]! + b) >>> 0;
    b = (b + words[index + 1]! + a) >>> 0;
  }
  return [a, b];
}

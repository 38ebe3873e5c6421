import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { pageBytes, pragma } from "./database.ts";

/** The smallest log: below this the write-ahead log would leave no room for events. */
export const minLogBytes = 1 << 20;

/** How much beside the rows is planned for. */
export interface RoomPlan {
  /** The write-ahead log is carried over into the file when it reaches this. */
  readonly walBytes: number;
  /** Left free on the disk, so that there is room to delete. */
  readonly reserveBytes: number;
}

/** Plans the write-ahead log: 4 MiB is the fastest (README.md, Figures), a sixteenth of a small limit or disk. */
export function planRoom(path: string, maxBytes: number): RoomPlan {
  const disk = diskOf(path);
  const share = Math.max(4 * pageBytes, Math.min(maxBytes, disk.totalBytes) / 16);
  return { walBytes: Math.min(4 << 20, share), reserveBytes: 2 * Math.min(16 << 20, share) };
}

/** Bytes of the file system that holds the path: in all, and free for this user. */
function diskOf(path: string): { totalBytes: number; freeBytes: number } {
  const { blocks, bavail, bsize } = statfsSync(dirname(path));
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/** What the file may hold, in bytes of pages. */
export interface Room {
  /** What may be used: maxBytes, or less when the disk has less. */
  readonly limitBytes: number;
  /** True when the disk, not maxBytes, is the limit. */
  readonly isDiskShort: boolean;
}

/**
 * Measures the room and caps the file there with `max_page_count`, leaving a reserve on the disk: even a delete needs
 * room in the write-ahead log, so a log that filled its disk to the last byte could never free anything.
 */
export function capRoom(db: DatabaseSync, path: string, maxBytes: number, plan: RoomPlan): Room {
  const page = pragma(db, "page_size");
  const fileBytes = pragma(db, "page_count") * page;
  const reachableBytes = fileBytes + Math.max(0, diskOf(path).freeBytes - plan.reserveBytes);
  const limitBytes = Math.min(maxBytes, reachableBytes);
  // SQLite never sets it below the size that the file has.
  pragma(db, `max_page_count = ${Math.max(1, Math.floor(limitBytes / page))}`);
  return { limitBytes, isDiskShort: reachableBytes < maxBytes };
}

/** Bytes of the pages in use, free ones inside the file left out. */
export function usedBytes(db: DatabaseSync, page = pragma(db, "page_size")): number {
  return (pragma(db, "page_count") - pragma(db, "freelist_count")) * page;
}

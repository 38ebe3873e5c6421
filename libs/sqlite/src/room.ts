import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { pageBytes, pragma } from "./database.ts";

/** The least limit of a file: below this size the write-ahead log would leave no room for rows. */
export const minFileBytes = 1 << 20;

/** The room that is planned for beside the rows. */
export interface RoomPlan {
  /** The write-ahead log is carried over into the file when the log reaches this size. */
  readonly walBytes: number;
  /** These bytes stay free on the disk, so that there is room to delete. */
  readonly reserveBytes: number;
}

/** Plans the write-ahead log: 4 MiB is the fastest (docs/explanation/bus.md, Figures), a sixteenth of a small limit or disk. */
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

/** The room of a file, in bytes of pages. */
export interface Room {
  /** The bytes that may be used: maxBytes, or less when the disk has less. */
  readonly limitBytes: number;
  /** True when the disk, not maxBytes, is the limit. */
  readonly isDiskShort: boolean;
}

/**
 * Measures the room and caps the file there with `max_page_count`, leaving a reserve on the disk: even a delete needs
 * room in the write-ahead log, so a file that filled its disk to the last byte could never free anything.
 */
export function capRoom(db: DatabaseSync, path: string, maxBytes: number, plan: RoomPlan): Room {
  const page = pragma(db, "page_size");
  const fileBytes = pragma(db, "page_count") * page;
  const reachableBytes = fileBytes + Math.max(0, diskOf(path).freeBytes - plan.reserveBytes);
  const limitBytes = Math.min(maxBytes, reachableBytes);
  // SQLite never sets the limit below the size that the file has.
  pragma(db, `max_page_count = ${Math.max(1, Math.floor(limitBytes / page))}`);
  return { limitBytes, isDiskShort: reachableBytes < maxBytes };
}

/** Bytes of the pages in use, without the free pages inside the file. */
export function usedBytes(db: DatabaseSync, page = pragma(db, "page_size")): number {
  return (pragma(db, "page_count") - pragma(db, "freelist_count")) * page;
}

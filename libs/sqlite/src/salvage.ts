import { existsSync } from "node:fs";
import {
  cellStarts,
  headerStart,
  localBytes,
  PageFile,
  type PageLookup,
  pageKinds,
  readFreeList,
  readVarint,
} from "./pages.ts";
import { parseRecord, type SqlValue } from "./record-format.ts";
import { readWal, type WalContent } from "./wal.ts";

/** Tells what a row is by the shape of its columns; undefined for a row that is of no use or damaged. */
export type Identify<T> = (rowid: number, values: readonly SqlValue[]) => T | undefined;

/**
 * The leaves that are read:
 * `every`: every page in the file and every frame of its write-ahead log, so that a row may come twice and deleted rows
 * may come, too; for tables whose rows never change and whose owner can tell which rows were deleted.
 * `frames`: the same of the write-ahead log alone.
 * `live`: every page as the last commit left it, without the free pages, so that deleted rows come only where the list of
 * free pages is broken.
 */
export type Leaves = "every" | "frames" | "live";

/** Reads the rows of a damaged file without SQLite, whatever state its trees are in. The file may be missing. */
export function* salvageFile<T>(path: string, leaves: Leaves, identify: Identify<T>): Generator<T> {
  using file = existsSync(path) ? new PageFile(path) : undefined;
  yield* salvage(file, readWal(`${path}-wal`), leaves, identify);
}

/** As `salvageFile`, of a file and a write-ahead log that were opened or read before. */
export function* salvage<T>(
  file: PageFile | undefined,
  { frames, committed }: Pick<WalContent, "frames" | "committed">,
  leaves: Leaves,
  identify: Identify<T>,
): Generator<T> {
  const taken = leaves === "live" ? frames.slice(0, committed) : frames;
  const newest = new Map(taken.map(({ pageNumber, page }) => [pageNumber, page]));
  const inFile: PageLookup = (number) => file?.page(number);
  const inBoth: PageLookup = (number) => newest.get(number) ?? inFile(number);
  const inFilePages = file?.pageCount ?? 0;
  if (leaves === "live") {
    const count = Math.max(inFilePages, ...newest.keys());
    const free = readFreeList(inBoth, count);
    for (let number = 1; number <= count; number++)
      if (!free?.has(number)) yield* readLeaf(inBoth(number), number, [inBoth], identify);
    return;
  }
  for (const { pageNumber, page } of frames) yield* readLeaf(page, pageNumber, [inBoth, inFile], identify);
  if (leaves === "frames") return;
  for (let number = 1; number <= inFilePages; number++)
    yield* readLeaf(inFile(number), number, [inFile, inBoth], identify);
}

/** @param lookups where overflow pages may be; the first that makes a row counts */
function* readLeaf<T>(
  page: Buffer | undefined,
  pageNumber: number,
  lookups: readonly PageLookup[],
  identify: Identify<T>,
): Generator<T> {
  if (page?.[headerStart(pageNumber)] !== pageKinds.tableLeaf) return;
  for (const start of attempt(() => cellStarts(page, pageNumber)) ?? []) {
    for (const lookup of lookups) {
      const found = attempt(() => readCell(page, start, lookup, identify));
      if (found === undefined) continue;
      yield found;
      break;
    }
  }
}

function readCell<T>(page: Buffer, start: number, lookup: PageLookup, identify: Identify<T>): T | undefined {
  const size = readVarint(page, start);
  const key = readVarint(page, size.end);
  const local = localBytes(size.value, page.length);
  const parts = [page.subarray(key.end, key.end + local)];
  let missing = size.value - local;
  let next = missing > 0 ? page.readUInt32BE(key.end + local) : 0;
  const seen = new Set<number>();
  while (missing > 0) {
    const overflow = seen.has(next) ? undefined : lookup(next);
    if (overflow === undefined) return undefined;
    seen.add(next);
    const part = overflow.subarray(4, 4 + missing);
    parts.push(part);
    missing -= part.length;
    next = overflow.readUInt32BE(0);
  }
  if (!Number.isSafeInteger(key.value)) return undefined;
  return identify(key.value, parseRecord(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
}

/** What damaged bytes make of the parser is a RangeError; the cell is skipped. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

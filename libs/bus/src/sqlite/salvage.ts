import { type DamagedRange, isDamageReason } from "./damage.ts";
import type { PageFile } from "./pages.ts";
import { cellStarts, headerStart, localBytes, pageKinds, readVarint } from "./pages.ts";
import { bodyChecksum } from "./reader.ts";
import { parseRecord, type SqlValue } from "./record-format.ts";
import type { WalFrame } from "./wal.ts";

/** What was found in the pages of a log, whatever state its trees are in. */
export type Found =
  | {
      readonly kind: "event";
      readonly offset: number;
      readonly acceptedMs: number;
      readonly crc: number;
      readonly type: string;
      readonly head: Buffer;
      readonly data: Buffer;
    }
  | ({ readonly kind: "damage" } & DamagedRange)
  /** A row of a name and a number: of `meta`, or what AUTOINCREMENT remembers of `events`. */
  | { readonly kind: "number"; readonly name: string; readonly value: number };

/**
 * Reads every page that looks like a leaf of a table, in the file and in the frames of its write-ahead log, and gives
 * the rows whose checksum is right. The same row may come twice; rows that were deleted may come, too.
 */
export function* salvage(
  file: PageFile | undefined,
  frames: readonly WalFrame[],
  leaves: "all" | "frames" = "all",
): Generator<Found> {
  const newest = new Map(frames.map(({ pageNumber, page }) => [pageNumber, page]));
  const inFile = (number: number) => file?.page(number);
  const inBoth = (number: number) => newest.get(number) ?? inFile(number);
  for (const { pageNumber, page } of frames) yield* readLeaf(page, pageNumber, [inBoth, inFile]);
  if (leaves === "frames") return;
  for (let number = 1; number <= (file?.pageCount ?? 0); number++) {
    const page = inFile(number);
    if (page) yield* readLeaf(page, number, [inFile, inBoth]);
  }
}

type PageLookup = (number: number) => Buffer | undefined;

/** @param lookups where overflow pages may be; the first that gives a right checksum counts */
function* readLeaf(page: Buffer, pageNumber: number, lookups: readonly PageLookup[]): Generator<Found> {
  if (page[headerStart(pageNumber)] !== pageKinds.tableLeaf) return;
  for (const start of attempt(() => cellStarts(page, pageNumber)) ?? []) {
    for (const lookup of lookups) {
      const found = attempt(() => readCell(page, start, lookup));
      if (found === undefined) continue;
      yield found;
      break;
    }
  }
}

function readCell(page: Buffer, start: number, lookup: PageLookup): Found | undefined {
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
  return identify(key.value, parseRecord(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
}

/** Tells the tables apart by the shape of their rows. */
function identify(key: number, values: readonly SqlValue[]): Found | undefined {
  if (!Number.isSafeInteger(key)) return undefined;
  if (values.length === 2) {
    const [name, value] = values;
    return typeof name === "string" && typeof value === "number"
      ? { kind: "number", name, value }
      : undefined;
  }
  if (values.length === 7) {
    const [, last, reason] = values;
    if (typeof last !== "number" || !isDamageReason(reason) || last < key) return undefined;
    return { kind: "damage", first: key, last, reason };
  }
  const [, acceptedMs, crc, type, head, data] = values;
  if (values.length !== 6 || typeof acceptedMs !== "number" || typeof crc !== "number") return undefined;
  if (typeof type !== "string" || !Buffer.isBuffer(head) || !Buffer.isBuffer(data)) return undefined;
  if (bodyChecksum(key, Buffer.concat([Buffer.from(type), head, data])) !== crc) return undefined;
  return { kind: "event", offset: key, acceptedMs, crc, type, head, data };
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

import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pragma } from "./database.ts";
import { cellStarts, headerStart, PageFile, pageKinds, readFreeList, readVarint } from "./pages.ts";

/**
 * Looks at the fixed part of the header before SQLite does: a flipped bit there can make SQLite open the file read-only,
 * or read the file as something else. Returns in words what is wrong with a file that is there.
 */
export function checkHeader(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  using file = new PageFile(path);
  if (file.bytes === 0) return "it is empty";
  const header = file.read(0, 100);
  if (header.length < 100) return `it has only ${header.length} bytes`;
  if (header.toString("latin1", 0, 16) !== "SQLite format 3\0") return "it does not begin as a database";
  // https://sqlite.org/fileformat2.html, 1.3: versions, reserved space, payload fractions; no vacuum mode, UTF-8.
  const isKnown =
    header.readUInt16BE(16) === file.pageBytes &&
    (header[18] === 1 || header[18] === 2) &&
    (header[19] === 1 || header[19] === 2) &&
    header.subarray(20, 24).equals(Buffer.from([0, 64, 32, 32])) &&
    header.readUInt32BE(44) <= 4 &&
    header.readUInt32BE(52) === 0 &&
    header.readUInt32BE(56) <= 1;
  return isKnown ? undefined : "its header has impossible values";
}

/**
 * Checks what holds the file together: its size, the list of free pages, the inner pages of the tree of `table`. The check
 * reads one page in a thousand; leaves are checked when their rows are read. Everything must stand in the file, nothing in the
 * write-ahead log. Returns what is wrong in words.
 */
export function checkStructure(db: DatabaseSync, path: string, table: string): string | undefined {
  using file = new PageFile(path);
  const count = pragma(db, "page_count");
  if (file.pageCount < count) return `it was cut off: ${file.pageCount} of ${count} pages are there`;
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table)?.["rootpage"];
  if (typeof root !== "number") return `it has no table of ${table}`;
  const seen = new Uint8Array(count + 1);
  try {
    return checkFreeList(file, count, seen) ?? checkTree(file, count, root, seen, table);
  } catch (error) {
    if (error instanceof RangeError) return "a page of its structure cannot be parsed";
    throw error;
  }
}

/** True for a page that is there and was not met before. */
function isNew(number: number, count: number, seen: Uint8Array): boolean {
  if (number < 2 || number > count || seen[number] === 1) return false;
  seen[number] = 1;
  return true;
}

function checkFreeList(file: PageFile, count: number, seen: Uint8Array): string | undefined {
  const free = readFreeList((number) => file.page(number), count);
  const isSound = free !== undefined && [...free].every((number) => isNew(number, count, seen));
  return isSound ? undefined : "its list of free pages is broken";
}

/** Visits every inner page once: its keys must ascend within the bounds of its parent. Leaves, all at one depth, are not read. */
function checkTree(
  file: PageFile,
  count: number,
  root: number,
  seen: Uint8Array,
  table: string,
): string | undefined {
  const broken = `the tree of its ${table} is broken`;
  const leafDepth = depthOfLeaves(file, root);
  if (leafDepth === undefined) return broken;
  if (!isNew(root, count, seen)) return broken;
  const waiting: Node[] = [];
  const everything = { above: Number.NEGATIVE_INFINITY, through: Number.POSITIVE_INFINITY };
  if (leafDepth > 0) waiting.push({ number: root, ...everything, depth: 0 });
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const { number, through, depth } = node;
    const page = file.page(number);
    if (page?.[headerStart(number)] !== pageKinds.tableInterior) return broken;
    const hasLeaves = depth + 1 === leafDepth;
    let above = node.above;
    for (const start of cellStarts(page, number)) {
      const key = readVarint(page, start + 4).value;
      const child = page.readUInt32BE(start);
      if (key <= above || key > through || !isNew(child, count, seen)) return broken;
      if (!hasLeaves) waiting.push({ number: child, above, through: key, depth: depth + 1 });
      above = key;
    }
    const last = page.readUInt32BE(headerStart(number) + 8);
    if (!isNew(last, count, seen)) return broken;
    if (!hasLeaves) waiting.push({ number: last, above, through, depth: depth + 1 });
  }
  return undefined;
}

/** An inner page, and the keys that its subtree must stay within. */
interface Node {
  readonly number: number;
  readonly above: number;
  readonly through: number;
  readonly depth: number;
}

/** The depth that the rightmost children lead to; SQLite has at most 20 levels. Undefined when the way does not end at a leaf. */
function depthOfLeaves(file: PageFile, root: number): number | undefined {
  let number = root;
  for (let depth = 0; depth < 20; depth++) {
    const page = file.page(number);
    const kind = page?.[headerStart(number)];
    if (kind === pageKinds.tableLeaf) return depth;
    if (page === undefined || kind !== pageKinds.tableInterior) return undefined;
    number = page.readUInt32BE(headerStart(number) + 8);
  }
  return undefined;
}

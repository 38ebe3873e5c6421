import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { pageBytes } from "./database.ts";

/**
 * The file format of SQLite (https://sqlite.org/fileformat2.html), as far as it takes to check the structure of a file
 * and to read rows out of a file that SQLite itself refuses.
 */
export class PageFile implements Disposable {
  readonly #descriptor: number;
  readonly bytes: number;
  readonly pageBytes: number;
  /** Whole pages in the file. */
  readonly pageCount: number;

  /** @throws the system's error when the file cannot be opened */
  constructor(path: string) {
    this.#descriptor = openSync(path, "r");
    this.bytes = fstatSync(this.#descriptor).size;
    this.pageBytes = readPageSize(this.read(0, 100));
    this.pageCount = Math.floor(this.bytes / this.pageBytes);
  }

  read(position: number, bytes: number): Buffer {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(this.#descriptor, buffer, 0, bytes, position));
  }

  /** Page `number`, counting from 1; undefined past the end of the file. */
  page(number: number): Buffer | undefined {
    if (number < 1 || number > this.pageCount) return undefined;
    return this.read((number - 1) * this.pageBytes, this.pageBytes);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** From the header where the header says one, else the size that our files are made with. */
function readPageSize(header: Buffer): number {
  const size = header.length < 18 ? 0 : header.readUInt16BE(16);
  return size >= 512 && (size & (size - 1)) === 0 ? size : pageBytes;
}

export const pageKinds = { tableInterior: 0x05, tableLeaf: 0x0d } as const;

/** Page 1 begins with the header of the file. */
export const headerStart = (pageNumber: number): number => (pageNumber === 1 ? 100 : 0);

/** A page by its number; undefined where there is none. */
export type PageLookup = (number: number) => Buffer | undefined;

/** The numbers of the pages that are free; undefined when the list of them is broken (fileformat2.html, 1.5). */
export function readFreeList(lookup: PageLookup, pageCount: number): ReadonlySet<number> | undefined {
  const header = lookup(1);
  if (header === undefined) return undefined;
  const free = new Set<number>();
  /** False for a page that cannot be free, or was met before. */
  const add = (number: number): boolean => {
    if (number < 2 || number > pageCount || free.has(number)) return false;
    free.add(number);
    return true;
  };
  for (let trunk = header.readUInt32BE(32); trunk !== 0; ) {
    const page = add(trunk) ? lookup(trunk) : undefined;
    if (page === undefined) return undefined;
    const leaves = page.readUInt32BE(4);
    if (leaves > page.length / 4 - 2) return undefined;
    for (let index = 0; index < leaves; index++) if (!add(page.readUInt32BE(8 + 4 * index))) return undefined;
    trunk = page.readUInt32BE(0);
  }
  return free.size === header.readUInt32BE(36) ? free : undefined;
}

/** A number of 1 to 9 bytes, seven bits each. @throws {RangeError} past the end of the page */
export function readVarint(page: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = page.readUInt8(at + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return { value: value * 256 + page.readUInt8(at + 8), end: at + 9 };
}

/** The positions of the cells of a b-tree page. @throws {RangeError} when the page is not one */
export function cellStarts(page: Buffer, pageNumber: number): number[] {
  const start = headerStart(pageNumber);
  const pointers = start + (page[start] === pageKinds.tableInterior ? 12 : 8);
  const count = page.readUInt16BE(start + 3);
  return Array.from({ length: count }, (_, index) => page.readUInt16BE(pointers + 2 * index));
}

/** The bytes of a payload that stand on its table leaf; the rest is on overflow pages (fileformat2.html, 1.6). */
export function localBytes(payloadBytes: number, usableBytes: number): number {
  const most = usableBytes - 35;
  if (payloadBytes <= most) return payloadBytes;
  const least = Math.floor(((usableBytes - 12) * 32) / 255) - 23;
  const fitting = least + ((payloadBytes - least) % (usableBytes - 4));
  return fitting <= most ? fitting : least;
}

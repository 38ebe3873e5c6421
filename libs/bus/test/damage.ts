/** Ways to damage a file, for the tests of what happens then. */
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { basename } from "node:path";

/** Stands in the data of an event, to find it in the file. */
export const marker = (id: string) => Buffer.from(`<marker ${id}>`);

export function flipBit(path: string, position: number, bit = 3): void {
  const bytes = readFileSync(path).subarray(position, position + 1);
  const file = openSync(path, "r+");
  writeSync(file, Buffer.from([bytes[0]! ^ (1 << bit)]), 0, 1, position);
  closeSync(file);
}

export function overwrite(path: string, position: number, bytes: Buffer): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

/** Names of what was set aside. */
export const damagedFiles = (directory: string, path: string) =>
  readdirSync(directory).filter((name) => name.startsWith(`${basename(path)}.damaged-`));

import { type PageFile, type SqlValue, salvage, salvageFile, type WalContent } from "@fairlead/sqlite";
import { bodyChecksum } from "./checksum.ts";
import { type DamagedRange, isDamageReason } from "./damage.ts";

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

/** Everything that can be read of a log whose rows have a right checksum. Deleted rows may come, too; a row may come twice. */
export const salvageLog = (path: string): Generator<Found> => salvageFile(path, "every", identify);

/** The same of a write-ahead log alone. */
export const salvageWal = (file: PageFile, wal: WalContent): Generator<Found> =>
  salvage(file, wal, "frames", identify);

/** Tells the tables apart by the shape of their rows. */
function identify(key: number, values: readonly SqlValue[]): Found | undefined {
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

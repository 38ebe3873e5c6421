import type { DatabaseSync, StatementSync } from "node:sqlite";
import { matchesTopic, routingKey } from "@fairlead/contracts/names";
import { errorCode } from "@fairlead/core";
import { isCorruption } from "@fairlead/sqlite";
import { rowChecksum } from "./checksum.ts";
import type { Damage } from "./damage.ts";
import { Packer } from "./packer.ts";

/** The offsets that one portion looks at. The number bounds the time that a publish waits behind a read. */
const portionOffsets = 1_024;
/** A portion ends with the row that reaches this size. */
const portionBytes = 1 << 20;

export interface Row {
  readonly offset: number;
  readonly crc: number;
  readonly type: string;
  /** Null for a row that was not wanted. */
  readonly head: Uint8Array | null;
  readonly data: Uint8Array | null;
}

/** Keys that do not ascend: a page is damaged in a way that SQLite did not see. */
class RowOrderError extends Error {}

export interface Portion {
  readonly packed: Packer;
  /** The search goes on after this offset. */
  readonly scannedThrough: number;
}

/** Reads rows, checks them, and sets aside what is damaged. */
export class LogReader {
  readonly #damage: Damage;
  readonly #nowMs: () => number;
  readonly #range: StatementSync;
  readonly #point: StatementSync;
  readonly #first: StatementSync;
  readonly #db: DatabaseSync;
  /** Answers of the patterns at work, by type. */
  #wanted = new Map<string, boolean>();
  #patterns: readonly string[] | undefined;
  #isStructureDamaged = false;
  #lastPortionBytes = 0;

  constructor(db: DatabaseSync, damage: Damage, nowMs: () => number) {
    this.#db = db;
    this.#damage = damage;
    this.#nowMs = nowMs;
    db.function("wanted", (type) => (this.#isWanted(String(type)) ? 1 : 0));
    // Every row of the range is seen, so that a missing one is noticed, but only a wanted one is read to its end.
    const columns = `SELECT offset, crc, type, CASE WHEN wanted(type) THEN head END AS head,
      CASE WHEN wanted(type) THEN data END AS data FROM events WHERE offset`;
    this.#range = db.prepare(`${columns} > ? AND offset <= ? ORDER BY offset`);
    this.#point = db.prepare(`${columns} = ?`);
    this.#first = db.prepare("SELECT min(offset) AS first FROM events");
    this.#isStructureDamaged =
      db.prepare("SELECT 1 FROM meta WHERE name = 'structure_damaged'").get() !== undefined;
  }

  /** True when a page could not be read as what it should be: the file wants a repair. */
  get isStructureDamaged(): boolean {
    return this.#isStructureDamaged;
  }

  /** The oldest offset that is kept; undefined when there is none. */
  firstOffset(): number | undefined {
    const first = this.#first.get()?.["first"];
    return typeof first === "number" ? first : undefined;
  }

  /**
   * @param through at most the last offset of the log
   * @param spare memory to fill, where there is some
   */
  read(after: number, through: number, types: readonly string[] | undefined, spare?: ArrayBuffer): Portion {
    this.#use(types);
    // The size of the last portion, and a little more: a buffer that grows is copied, and the old one is garbage.
    const packed = new Packer(spare ?? Math.max(64 << 10, Math.ceil(this.#lastPortionBytes * 1.125)));
    let at = after;
    try {
      const first = this.firstOffset() ?? through + 1;
      at = Math.max(after, Math.min(first - 1, through));
    } catch (error) {
      this.#failed(error);
    }
    const until = Math.min(at + portionOffsets, through);
    const start = at;
    const damaged: Row[] = [];
    try {
      for (const row of this.#range.iterate(
        at,
        until,
      ) as IterableIterator<unknown> as IterableIterator<Row>) {
        if (row.offset <= at) throw new RowOrderError();
        if (row.offset > at + 1) this.#damage.note(at + 1, row.offset - 1, "unreadable", this.#nowMs());
        at = row.offset;
        if (!this.#take(row, packed)) damaged.push(row);
        if (packed.bytes >= portionBytes) break;
      }
      if (packed.bytes < portionBytes) {
        if (at < until) this.#damage.note(at + 1, until, "unreadable", this.#nowMs());
        at = until;
      }
    } catch (error) {
      this.#failed(error);
      at = this.#probe(at, until, packed, damaged);
    }
    for (const row of damaged) this.#damage.setAside(row, this.#nowMs());
    this.#lastPortionBytes = packed.bytes;
    return { packed, scannedThrough: Math.max(at, start) };
  }

  /** Asks for each offset by itself, past those whose page cannot be read. */
  #probe(after: number, until: number, packed: Packer, damaged: Row[]): number {
    // Read, or noted as missing.
    let at = after;
    for (let offset = after + 1; offset <= until && packed.bytes < portionBytes; offset++) {
      const row = this.#rowAt(offset);
      if (row === undefined) continue;
      if (offset > at + 1) this.#damage.note(at + 1, offset - 1, "unreadable", this.#nowMs());
      if (!this.#take(row, packed)) damaged.push(row);
      at = offset;
    }
    if (packed.bytes >= portionBytes) return at;
    if (at < until) this.#damage.note(at + 1, until, "unreadable", this.#nowMs());
    return until;
  }

  /** Undefined for one that is missing or cannot be read. */
  #rowAt(offset: number): Row | undefined {
    try {
      return this.#point.get(offset) as unknown as Row | undefined;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  /** False when the row's checksum is wrong. */
  #take(row: Row, packed: Packer): boolean {
    const { offset, crc, type, head, data } = row;
    if (head === null && data === null) return true;
    // A flipped bit can change the type of a value: text where a blob was, null where text was.
    if (typeof type !== "string" || !(head instanceof Uint8Array) || !(data instanceof Uint8Array))
      return false;
    if (rowChecksum(offset, type, head, data) !== crc) return false;
    packed.add(offset, crc, type, head, data);
    return true;
  }

  /** Passes over what damage raises; anything else (the disk does not answer) is for the caller. */
  #failed(error: unknown): void {
    // A flipped bit can make a number that JavaScript does not hold: the row is damaged, the structure is not.
    if (errorCode(error) === "ERR_OUT_OF_RANGE") return;
    if (!isCorruption(error) && !(error instanceof RowOrderError)) throw error;
    if (this.#isStructureDamaged) return;
    this.#isStructureDamaged = true;
    try {
      this.#db.exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('structure_damaged', 1)");
    } catch {
      // Met again after the next start.
    }
  }

  #use(patterns: readonly string[] | undefined): void {
    const same = patterns?.join(" ") === this.#patterns?.join(" ");
    if (!same || this.#wanted.size > 1_000) this.#wanted = new Map();
    this.#patterns = patterns;
  }

  #isWanted(type: string): boolean {
    if (this.#patterns === undefined) return true;
    let wanted = this.#wanted.get(type);
    if (wanted === undefined) {
      const key = routingKey(type);
      wanted = this.#patterns.some((pattern) => matchesTopic(pattern, key));
      this.#wanted.set(type, wanted);
    }
    return wanted;
  }
}

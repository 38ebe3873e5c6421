import type { DatabaseSync } from "node:sqlite";
import { transact } from "@fairlead/sqlite";

/**
 * The reason why a run of offsets is not served. `checksum`: the row was readable and is kept in the table; `unreadable`: the
 * row or its page could not be read; `unused`: no event ever had these offsets, a repair skipped them so that no offset is
 * given twice.
 */
export type DamageReason = (typeof damageReasons)[number];

const damageReasons = ["checksum", "unreadable", "unused"] as const;

export const isDamageReason = (value: unknown): value is DamageReason =>
  (damageReasons as readonly unknown[]).includes(value);

export interface DamagedRow {
  readonly offset: number;
  readonly type: string | null;
  readonly head: Uint8Array | null;
  readonly data: Uint8Array | null;
}

export interface DamagedRange {
  readonly first: number;
  readonly last: number;
  readonly reason: DamageReason;
}

/** The side table of damaged rows, and the same in memory for looking up. A write may fail; the count in memory is right all the same. */
export class Damage {
  readonly #db: DatabaseSync;
  #ranges: DamagedRange[];
  #found: DamagedRange[] = [];

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#ranges = db
      .prepare("SELECT first, last, reason FROM damaged ORDER BY first")
      .all() as unknown as DamagedRange[];
  }

  /** The number of events that are lost to the damage that was met so far. */
  get count(): number {
    return this.#ranges.reduce(
      (sum, { first, last, reason }) => sum + (reason === "unused" ? 0 : last - first + 1),
      0,
    );
  }

  /** The parts of `first..last` about which nothing is known yet. */
  unknown(first: number, last: number): { first: number; last: number }[] {
    const parts: { first: number; last: number }[] = [];
    let at = first;
    for (const range of this.#ranges) {
      if (range.last < at) continue;
      if (range.first > last) break;
      if (range.first > at) parts.push({ first: at, last: range.first - 1 });
      at = range.last + 1;
    }
    if (at <= last) parts.push({ first: at, last });
    return parts;
  }

  /** The damage that was met since the last call, neighbours as one range; `unused` offsets are no damage. */
  takeFound(): DamagedRange[] {
    const merged: DamagedRange[] = [];
    for (const range of this.#found.splice(0).sort((a, b) => a.first - b.first)) {
      const before = merged.at(-1);
      if (before?.last === range.first - 1 && before.reason === range.reason)
        merged[merged.length - 1] = { ...before, last: range.last };
      else merged.push(range);
    }
    return merged;
  }

  /** Notes many ranges with one write to the disk. */
  noteAll(ranges: readonly DamagedRange[], nowMs: number): void {
    const note = () => {
      for (const { first, last, reason } of ranges) this.note(first, last, reason, nowMs);
    };
    try {
      transact(this.#db, note);
    } catch {
      // As in `#add`: the ranges are known for as long as this process runs.
      note();
    }
  }

  /** Notes the offsets of `first..last` that are not known yet. */
  note(first: number, last: number, reason: DamageReason, nowMs: number): void {
    for (const part of this.unknown(first, last)) this.#add({ ...part, reason }, nowMs);
  }

  /** Moves a row whose checksum is wrong out of the way, with what could be read of it. */
  setAside(row: DamagedRow, nowMs: number): void {
    this.#add({ first: row.offset, last: row.offset, reason: "checksum" }, nowMs, row);
  }

  /** Forgets the damage before the oldest event that is kept. */
  forgetBefore(offset: number): void {
    if (!this.#ranges.some(({ last }) => last < offset)) return;
    this.#db.prepare("DELETE FROM damaged WHERE last < ?").run(offset);
    this.#ranges = this.#ranges.filter(({ last }) => last >= offset);
  }

  #add(range: DamagedRange, nowMs: number, row?: DamagedRow): void {
    if (this.#ranges.some(({ first, last }) => first <= range.first && range.last <= last)) return;
    if (range.reason !== "unused") this.#found.push(range);
    this.#ranges.push(range);
    this.#ranges.sort((a, b) => a.first - b.first);
    try {
      this.#db
        .prepare(
          "INSERT OR REPLACE INTO damaged (first, last, reason, found_ms, type, head, data) VALUES (?,?,?,?,?,?,?)",
        )
        .run(
          range.first,
          range.last,
          range.reason,
          nowMs,
          row?.type ?? null,
          row?.head ?? null,
          row?.data ?? null,
        );
      if (row) this.#db.prepare("DELETE FROM events WHERE offset = ?").run(row.offset);
    } catch {
      // A full disk or a damaged page: the row is met and counted again after the next start.
    }
  }
}

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isCorruption, transact } from "@fairlead/sqlite";
import type { BusError } from "../errors.ts";
import { sealChecksum } from "./checksum.ts";
import { Damage } from "./damage.ts";
import { lastGiven, lastStored, missingOffsets } from "./offsets.ts";
import { LogReader, type Portion } from "./reader.ts";
import { readRecord } from "./record.ts";
import { Space } from "./space.ts";
import type { LogSettings, LogStatus } from "./thread-messages.ts";

/** The log on disk: one synchronous connection, which lives in a thread. The caller holds the lock. */
export class LogFile {
  readonly #settings: LogSettings;
  readonly #space: Space;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #probe: StatementSync;
  readonly #reader: LogReader;
  readonly damage: Damage;
  readonly #nowMs: () => number;
  #lastOffset: number;
  #refusal: BusError | undefined;
  readonly #notes: string[] = [];

  /** @throws {SqliteFileError} FILE_TOO_NEW; SQLite's errors when the file is damaged or cannot be used */
  constructor(settings: LogSettings, nowMs: () => number = Date.now) {
    this.#settings = settings;
    this.#nowMs = nowMs;
    this.#space = new Space(settings);
    this.#db = this.#space.db;
    try {
      this.#insert = this.#db.prepare(
        "INSERT INTO events (offset, accepted_ms, crc, type, head, data) VALUES (?, ?, ?, ?, ?, ?)",
      );
      this.#probe = this.#db.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', ?)");
      this.damage = new Damage(this.#db);
      this.#reader = new LogReader(this.#db, this.damage, nowMs);
      this.#lastOffset = lastGiven(this.#db);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  get database(): DatabaseSync {
    return this.#db;
  }

  get reader(): LogReader {
    return this.#reader;
  }

  get lastOffset(): number {
    return this.#lastOffset;
  }

  /** False after a refused write, until one succeeds. */
  get canWrite(): boolean {
    return this.#refusal === undefined;
  }

  /** Carries the write-ahead log over into the file. False when the disk has no room for that now. */
  checkpoint(): boolean {
    try {
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return true;
    } catch (error) {
      if (isCorruption(error)) throw error;
      return false;
    }
  }

  /** Sentences that say what was done about damage. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Adds a sentence to the status for as long as this process runs. */
  addNote(sentence: string): void {
    this.#notes.push(sentence);
  }

  /** Notes that all before the oldest event was deleted on purpose, where nothing else is known. */
  beginAtFirst(lastKnownOffset: number): void {
    this.#db
      .prepare(
        "UPDATE meta SET value = (SELECT coalesce(min(offset) - 1, ?) FROM events) WHERE name = 'deleted_through'",
      )
      .run(lastKnownOffset);
  }

  /** Counts as damaged what is missing between the oldest event that should be there and `through`. */
  noteGaps(through: number): void {
    this.damage.noteAll(missingOffsets(this.#db, through), this.#nowMs());
    this.#lastOffset = Math.max(this.#lastOffset, through);
  }

  /** Makes the offsets go on after this one, where they are not yet that far. */
  skipTo(offset: number): void {
    if (offset <= this.#lastOffset) return;
    this.damage.note(this.#lastOffset + 1, offset, "unused", this.#nowMs());
    this.#lastOffset = offset;
  }

  /**
   * Writes one group of packed records in one transaction with one fsync. Returns the offset of the first; the others
   * follow without a gap.
   * @throws {BusError} LOG_FULL, BUS_FAILED: nothing of the group is stored; SQLite's own error when the file is damaged
   */
  append(packed: Buffer, count: number): number {
    const firstOffset = this.#lastOffset + 1;
    try {
      const nowMs = this.#nowMs();
      this.#space.makeRoom(packed.length, nowMs);
      transact(this.#db, () => {
        for (let index = 0, at = 0; index < count; index++) {
          const { crc, type, head, data, end } = readRecord(packed, at);
          this.#insert.run(
            firstOffset + index,
            nowMs,
            sealChecksum(firstOffset + index, crc),
            type.toString(),
            head,
            data,
          );
          at = end;
        }
      });
    } catch (error) {
      if (isCorruption(error)) throw error;
      this.#refusal = this.#space.refusalFor(error);
      throw this.#refusal;
    }
    this.#lastOffset += count;
    this.#refusal = undefined;
    return firstOffset;
  }

  /** A bounded portion of what comes after `after`, up to and including `through`. @throws {BusError} BUS_FAILED */
  read(after: number, through: number, types: readonly string[] | undefined, spare?: ArrayBuffer): Portion {
    return this.#reader.read(after, Math.min(through, this.#lastOffset), types, spare);
  }

  /**
   * Deletes a chunk of the events up to and including `through`; true when there may be more. Works on a full disk. @throws {BusError} BUS_FAILED, LOG_FULL; SQLite's own error when the file is damaged
   */
  deleteChunkThrough(through: number): boolean {
    try {
      return this.#space.deleteThrough(through);
    } catch (error) {
      if (isCorruption(error)) throw error;
      throw this.#space.refusalFor(error);
    }
  }

  /**
   * The regular work: measures the disk, deletes the oldest events, tries again to write after a refusal. Returns true when
   * there is more to delete at once.
   */
  maintain(): boolean {
    const nowMs = this.#nowMs();
    let deleted = 0;
    try {
      this.#space.measure();
      deleted = this.#space.deleteOld(nowMs);
      if (deleted > 0) this.damage.forgetBefore(this.#reader.firstOffset() ?? 0);
      if (this.#refusal && this.#space.hasSpare) {
        this.#probe.run(nowMs);
        this.#refusal = undefined;
      }
    } catch (error) {
      this.#refusal = this.#space.refusalFor(error);
    }
    return deleted > 0;
  }

  status(): LogStatus {
    const problems: string[] = [...this.#notes];
    const damagedEvents = this.damage.count;
    const { path } = this.#settings;
    if (this.#refusal) problems.push(this.#refusal.message);
    if (damagedEvents > 0) {
      problems.push(
        `${damagedEvents} events of ${path} were found damaged and set aside; the others are served`,
      );
    }
    if (this.#reader.isStructureDamaged) {
      problems.push(
        `${path} is damaged in its structure; it is repaired at the next start, what is readable is served`,
      );
    }
    return {
      lastOffset: this.#lastOffset,
      firstOffset: this.#firstOffset(),
      storedEvents: this.#countStored(),
      storedBytes: this.#space.usedBytes,
      maxStoredBytes: this.#space.limitBytes,
      damagedEvents,
      canWrite: this.canWrite,
      problems,
    };
  }

  #firstOffset(): number | undefined {
    try {
      return this.#reader.firstOffset() ?? this.#lastOffset + 1;
    } catch {
      return undefined;
    }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  /** The number of events from the first to the last, less those known to be missing; no row is read. */
  #countStored(): number {
    try {
      const first = this.#reader.firstOffset();
      if (first === undefined) return 0;
      const last = lastStored(this.#db);
      const present = this.damage.unknown(first, last);
      return present.reduce((sum, part) => sum + part.last - part.first + 1, 0);
    } catch (error) {
      if (isCorruption(error)) return 0;
      throw error;
    }
  }
}

import type { DatabaseSync } from "node:sqlite";
import { formatBytes, formatDurationMs, toError } from "@fairlead/core";
import {
  capRoom,
  planRoom,
  type Room,
  type RoomPlan,
  resultCode,
  resultCodes,
  usedBytes,
} from "@fairlead/sqlite";
import { BusError } from "../errors.ts";
import { openDatabase } from "./database.ts";
import { Retention } from "./retention.ts";
import type { LogSettings } from "./thread-messages.ts";

/** Chunks that one append deletes at most before it gives up: a publish never waits for a long clean-up. */
const chunksPerAppend = 4;

/** The room of the log on its disk, and the deletion that keeps the log within that room. */
export class Space {
  readonly #settings: LogSettings;
  readonly #plan: RoomPlan;
  readonly #retention: Retention;
  readonly db: DatabaseSync;
  #room: Room;

  /** Opens the log's database. @throws {SqliteFileError} FILE_TOO_NEW; SQLite's own errors */
  constructor(settings: LogSettings) {
    this.#settings = settings;
    this.#plan = planRoom(settings.path, settings.maxBytes);
    this.db = openDatabase(settings.path, this.#plan.walBytes);
    try {
      this.#room = this.#measured();
      this.#retention = new Retention(this.db);
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  get limitBytes(): number {
    return this.#room.limitBytes;
  }

  get usedBytes(): number {
    return usedBytes(this.db);
  }

  /** True when the room that is kept free for what comes next is there. */
  get hasSpare(): boolean {
    return this.#excess(this.#spareBytes()) <= 0;
  }

  /** Measures the disk, which others use, too. */
  measure(): void {
    this.#room = this.#measured();
  }

  /** Deletes a chunk of what is too old, or of the oldest events for want of room. Returns how many events went. */
  deleteOld(nowMs: number): number {
    const { maxAgeMs, minAgeMs } = this.#settings;
    const deleted = this.#retention.deleteChunk(nowMs - maxAgeMs);
    const excess = this.#excess(this.#spareBytes());
    if (deleted > 0 || excess <= 0) return deleted;
    return this.#retention.deleteChunk(nowMs - minAgeMs, excess);
  }

  /** Deletes the oldest events, as far as they may go, for `bytes` of new ones. */
  makeRoom(bytes: number, nowMs: number): void {
    const cutoffMs = nowMs - this.#settings.minAgeMs;
    // Pages are never quite full; an eighth more is what rows of any size take at most, measured.
    const needed = bytes * 1.125 + this.#spareBytes() / 2;
    for (let chunk = 0; chunk < chunksPerAppend; chunk++) {
      const excess = this.#excess(needed);
      if (excess <= 0 || this.#retention.deleteChunk(cutoffMs, excess) === 0) return;
    }
  }

  /** Deletes a chunk of what stands up to and including `offset`; true when there may be more. */
  deleteThrough(offset: number): boolean {
    return this.#retention.deleteChunk(Number.POSITIVE_INFINITY, undefined, offset) > 0;
  }

  /** The error for a write that SQLite refused. */
  refusalFor(error: unknown): BusError {
    const { path, maxBytes, minAgeMs } = this.#settings;
    const refusal = (code: "LOG_FULL" | "BUS_FAILED", reason: string) =>
      new BusError(code, `Cannot write to the event log ${path}: ${reason}`, { cause: error });
    if (resultCode(error) !== resultCodes.full) return refusal("BUS_FAILED", toError(error).message);
    if (this.#room.isDiskShort) return refusal("LOG_FULL", "its disk has no room");
    const limit = `it holds its limit of ${formatBytes(maxBytes)}`;
    if (!Number.isFinite(minAgeMs)) return refusal("LOG_FULL", limit);
    return refusal("LOG_FULL", `${limit} and nothing in it is older than ${formatDurationMs(minAgeMs)}`);
  }

  #measured(): Room {
    return capRoom(this.db, this.#settings.path, this.#settings.maxBytes, this.#plan);
  }

  /** The bytes above the limit when `bytes` more are used. */
  #excess(bytes: number): number {
    return usedBytes(this.db) + bytes - this.#room.limitBytes;
  }

  /** Kept free for what comes next, so that deletion begins before publishing is refused. */
  #spareBytes(): number {
    return Math.min(8 << 20, this.#room.limitBytes / 16);
  }
}

/** How full the queues and their file are, and whether one more message may come in. */
import type { DatabaseSync } from "node:sqlite";
import { capRoom, type RoomPlan, usedBytes } from "@fairlead/sqlite";
import { QueueError } from "../errors.ts";
import type { Statements } from "./statements.ts";
import type { StoreSettings } from "./thread-messages.ts";

/** The share of the file's limit that enqueueing may not use: a full file must be able to hand out, retry and let go. */
const reservedShare = 1 / 16;
/** The room on the disk is measured this often, because others use the disk, too. */
const measureEveryMs = 1_000;

interface Total {
  readonly messages: number;
  readonly bytes: number;
}

export class Fill {
  readonly #settings: StoreSettings;
  readonly #plan: RoomPlan;
  /** Per kind, without the dead letters. */
  #totals = new Map<string, Total>();
  #measuredMs = Number.NEGATIVE_INFINITY;
  deadLetters = 0;
  /** The bytes that the file may use: less than asked for on a disk with less room. */
  limitBytes = 0;

  constructor(settings: StoreSettings, plan: RoomPlan) {
    this.#settings = settings;
    this.#plan = plan;
  }

  /** Counts anew from the rows: at the start, and after a transaction that was undone. */
  count(sql: Statements): void {
    this.#totals = new Map();
    for (const { kind, messages, bytes } of sql.all("totals"))
      this.#totals.set(String(kind), { messages: Number(messages), bytes: Number(bytes) });
    this.deadLetters = Number(sql.get("countDead")?.["dead"]);
  }

  measure(db: DatabaseSync): void {
    const nowMs = performance.now();
    if (nowMs - this.#measuredMs < measureEveryMs) return;
    this.#measuredMs = nowMs;
    const { path, maxFileBytes } = this.#settings;
    this.limitBytes = capRoom(db, path, maxFileBytes, this.#plan).limitBytes;
  }

  add(kind: string, messages: number, bytes: number): void {
    const total = this.#totalOf(kind);
    this.#totals.set(kind, { messages: total.messages + messages, bytes: total.bytes + bytes });
  }

  #totalOf(kind: string): Total {
    return this.#totals.get(kind) ?? { messages: 0, bytes: 0 };
  }

  /** @throws {QueueError} QUEUE_FULL */
  checkQueue(kind: string, bytes: number): void {
    const { maxMessages, maxBytes } = this.#settings;
    const total = this.#totalOf(kind);
    if (total.messages < maxMessages && total.bytes + bytes <= maxBytes) return;
    const state = `its queue holds ${total.messages} messages and ${total.bytes} bytes`;
    const limits = `the limits are ${maxMessages} and ${maxBytes}`;
    throw new QueueError("QUEUE_FULL", `Cannot enqueue a message of kind ${kind}: ${state}, ${limits}`);
  }

  /** @throws {QueueError} QUEUE_FULL */
  checkFile(kind: string, bytes: number, db: DatabaseSync): void {
    const used = usedBytes(db);
    if (used + bytes <= this.limitBytes * (1 - reservedShare)) return;
    const state = `${this.#settings.path} holds ${used} bytes, ${this.deadLetters} dead letters among them`;
    const limit = `its limit is ${this.limitBytes}`;
    throw new QueueError("QUEUE_FULL", `Cannot enqueue a message of kind ${kind}: ${state}, ${limit}`);
  }
}

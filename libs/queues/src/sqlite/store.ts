/**
 * The queues in one file. The store is synchronous and lives in a thread. That a message is in somebody's hands is known in memory
 * only, so that the message is free again after a crash; the count of its deliveries is durable before it is handed out.
 */
import type { DatabaseSync } from "node:sqlite";
import { toError } from "@fairlead/core";
import {
  errorFacts,
  isCorruption,
  planRoom,
  type RoomPlan,
  resultCode,
  resultCodes,
  transact,
  usedBytes,
} from "@fairlead/sqlite";
import { QueueError } from "../errors.ts";
import { deliveryLimit } from "../queues.ts";
import { openQueues, repair } from "./database.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Fill } from "./fill.ts";
import { crcOf } from "./row.ts";
import { Statements } from "./statements.ts";
import type {
  StoreAnswer,
  StoreRequest,
  StoreResult,
  StoreSettings,
  StoreStatus,
  TakenMessage,
  Ticket,
} from "./thread-messages.ts";

export class QueueStore {
  readonly #settings: StoreSettings;
  readonly #plan: RoomPlan;
  readonly #notes: string[] = [];
  readonly #fill: Fill;
  #db: DatabaseSync;
  #sql: Statements;
  #dead: DeadLetters;
  /** The messages that are in somebody's hands: the sequence number, and the number of the ticket. */
  #out = new Map<number, number>();
  #refusal: string | undefined;

  /** @throws {SqliteFileError} FILE_TOO_NEW; SQLite's errors for a file that cannot be used for a reason that is not damage */
  constructor(settings: StoreSettings) {
    this.#settings = settings;
    this.#plan = planRoom(settings.path, settings.maxFileBytes);
    const { db, note } = openQueues(settings.path, this.#plan.walBytes, Date.now());
    this.#db = db;
    this.#sql = new Statements(db);
    if (note) this.#notes.push(note);
    this.#fill = new Fill(settings, this.#plan);
    this.#dead = new DeadLetters(this.#sql, this.#fill);
    this.#fill.count(this.#sql);
    this.#fill.measure(db);
  }

  get status(): StoreStatus {
    const problems = this.#refusal === undefined ? this.#notes : [...this.#notes, this.#refusal];
    const { limitBytes, deadLetters } = this.#fill;
    return { usedBytes: usedBytes(this.#db), limitBytes, deadLetters, problems };
  }

  /** Applies a group with one fsync, where nothing goes wrong. All are durable at the return, or their answers say that they failed. */
  apply(requests: readonly StoreRequest[]): StoreAnswer[] {
    this.#fill.measure(this.#db);
    const out = new Map(this.#out);
    try {
      const answers = transact(this.#db, () => requests.map((request) => this.#answer(request)));
      this.#refusal = undefined;
      return answers;
    } catch (error) {
      this.#out = out;
      this.#recover(error);
      // A request that needs room must not undo those that make room.
      if (requests.length > 1) return requests.flatMap((request) => this.apply([request]));
      return [this.#failure(error)];
    }
  }

  #recover(error: unknown): void {
    if (isCorruption(error)) {
      this.#db.close();
      const { path } = this.#settings;
      const { db, note } = repair(path, this.#plan.walBytes, Date.now(), toError(error).message);
      this.#db = db;
      this.#sql = new Statements(db);
      this.#dead = new DeadLetters(this.#sql, this.#fill);
      if (note) this.#notes.push(note);
      this.#fill.measure(db);
    }
    this.#fill.count(this.#sql);
  }

  #failure(error: unknown): StoreAnswer {
    const isFull = resultCode(error) === resultCodes.full;
    this.#refusal = `The work queues ${this.#settings.path} cannot be written: ${toError(error).message}`;
    const failure = new QueueError(isFull ? "QUEUE_FULL" : "QUEUES_FAILED", this.#refusal);
    return { op: "failed", error: errorFacts(failure) };
  }

  /** A refusal that concerns this request alone is its answer; anything else undoes the group. */
  #answer(request: StoreRequest): StoreAnswer {
    try {
      return this.#perform(request);
    } catch (error) {
      if (error instanceof QueueError) return { op: "failed", error: errorFacts(error) };
      throw error;
    }
  }

  #perform(request: StoreRequest): StoreResult {
    switch (request.op) {
      case "enqueue":
        return this.#enqueue(request);
      case "take":
        return this.#take(request);
      case "ack":
        return this.#settle(request.ticket, (seq, { kind, bytes }) => {
          this.#sql.delete(seq);
          this.#fill.add(kind, -1, -bytes);
        });
      case "retry":
        return this.#settle(request.ticket, (seq) => this.#sql.run("retry", request.dueMs, seq));
      case "dead":
        return this.#settle(request.ticket, (seq, { kind, bytes }) =>
          this.#die(seq, kind, bytes, request.reason, request.nowMs),
        );
      case "release":
        if (this.#out.get(request.ticket.seq) === request.ticket.number) this.#out.delete(request.ticket.seq);
        return { op: "settled", isSettled: true };
      case "listDead":
        return this.#dead.list(request.limit);
      case "requeueDead":
        return this.#dead.requeue(request.id, request.nowMs);
      case "discardDead":
        return this.#dead.discard(request.id);
    }
  }

  #enqueue({ kind, id, headers, body, bytes, dueMs }: Extract<StoreRequest, { op: "enqueue" }>): StoreResult {
    this.#fill.checkQueue(kind, bytes);
    this.#fill.checkFile(kind, bytes, this.#db);
    const { lastInsertRowid } = this.#sql.run(
      "insert",
      kind,
      id,
      headers,
      bytes,
      crcOf(id, headers, body),
      dueMs,
    );
    this.#sql.run("insertBody", lastInsertRowid, body);
    this.#fill.add(kind, 1, bytes);
    return { op: "enqueue" };
  }

  #take({ kind, count, nowMs }: Extract<StoreRequest, { op: "take" }>): StoreResult {
    const messages: TakenMessage[] = [];
    let damaged = 0;
    let died = 0;
    for (const row of this.#sql.all("ready", kind, nowMs, count + this.#out.size)) {
      if (messages.length === count) break;
      const seq = Number(row["seq"]);
      if (this.#out.has(seq)) continue;
      const redeliveries = Number(row["redeliveries"]);
      const id = String(row["id"]);
      const headers = String(row["headers"]);
      const body = this.#sql.get("body", seq)?.["body"];
      const isSound = body instanceof Uint8Array && crcOf(id, headers, body) === Number(row["crc"]);
      if (!isSound || redeliveries > deliveryLimit) {
        died++;
        if (!isSound) damaged++;
        const { bytes } = this.#sql.get("held", seq, row["ticket"] as number)!;
        this.#die(seq, kind, Number(bytes), isSound ? "delivery limit" : "damaged on disk", nowMs);
        continue;
      }
      this.#sql.run("handOut", seq);
      const ticket = { seq, number: Number(row["ticket"]) + 1 };
      this.#out.set(seq, ticket.number);
      messages.push({ seq, kind, id, headers, body, retries: Number(row["retries"]), ticket, redeliveries });
    }
    if (messages.length === count) return { op: "take", messages, damaged, nextDueMs: undefined };
    // More messages that are due now may stand behind those that died.
    const due = died > 0 ? nowMs : this.#sql.get("nextDue", kind, nowMs)?.["due"];
    return { op: "take", messages, damaged, nextDueMs: typeof due === "number" ? due : undefined };
  }

  /** Only the newest hand-out of a message can settle it. */
  #settle(ticket: Ticket, change: (seq: number, row: { kind: string; bytes: number }) => void): StoreResult {
    const { seq, number } = ticket;
    const row = this.#sql.get("held", seq, number);
    if (row !== undefined) change(seq, { kind: String(row["kind"]), bytes: Number(row["bytes"]) });
    if (this.#out.get(seq) === number) this.#out.delete(seq);
    return { op: "settled", isSettled: row !== undefined };
  }

  #die(seq: number, kind: string, bytes: number, reason: string, nowMs: number): void {
    this.#sql.run("die", nowMs, reason, seq);
    this.#fill.add(kind, -1, -bytes);
    this.#fill.deadLetters++;
  }

  close(): void {
    this.#db.close();
  }
}

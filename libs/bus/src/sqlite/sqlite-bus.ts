import { resolve } from "node:path";
import type { CloudEvent } from "@fairlead/contracts";
import { type Logger, silentLogger, systemClock } from "@fairlead/core";
import { FileThread, minFileBytes } from "@fairlead/sqlite";
import type { Bus, BusHealth, LoggedEvent, TailOptions } from "../bus.ts";
import { BusError, busErrorFrom } from "../errors.ts";
import { Commits, type Group } from "./commits.ts";
import type { DamagedRange } from "./damage.ts";
import { logAt } from "./database.ts";
import type { SqliteBusOptions } from "./options.ts";
import { type ReadPortion, Reads } from "./reads.ts";
import { Tails } from "./tails.ts";
import type { LogReply, LogRequest, LogSettings, LogStatus, Rows } from "./thread-messages.ts";

/** The durable log in SQLite: a Bus, and the place where events wait for another one. */
export class SqliteBus implements Bus {
  readonly #path: string;
  readonly #maxEventBytes: number;
  readonly #logger: Logger;
  readonly #thread: FileThread<LogRequest, LogReply, BusError>;
  readonly #commits: Commits;
  readonly #tails: Tails;
  readonly #reads: Reads;
  #lastOffset = 0;
  #commitCount = 0;
  #status: LogStatus | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  /** Use openSqliteBus. */
  constructor(options: SqliteBusOptions) {
    const { maxBytes = 4 * 2 ** 30, minAgeMs = 600_000, maxAgeMs = 7 * 86_400_000 } = options;
    const { maxPendingEvents = 100_000, maxPendingBytes = 64 << 20, recentBytes = 8 << 20 } = options;
    if (maxBytes < minFileBytes) {
      throw new BusError(
        "BUS_FAILED",
        `Cannot keep an event log of ${maxBytes} bytes: the least is ${minFileBytes}`,
      );
    }
    this.#path = resolve(options.path);
    this.#maxEventBytes = options.maxEventBytes ?? 16 << 20;
    this.#logger = options.logger ?? silentLogger;
    this.#commits = new Commits({ maxPendingEvents, maxPendingBytes }, (group) => this.#post(group));
    this.#reads = new Reads((request, transfer) => this.#thread.ask<Rows>(request, transfer));
    this.#tails = new Tails(
      {
        lastOffset: () => this.#lastOffset,
        read: (after, through, types) => this.#read(after, through, types),
        throwIfClosed: () => this.#throwIfClosed(),
      },
      recentBytes,
    );
    this.#thread = new FileThread({
      file: logAt(this.#path),
      script: new URL("./worker.ts", import.meta.url),
      name: "fairlead-log",
      settings: { path: this.#path, maxBytes, minAgeMs, maxAgeMs } satisfies LogSettings,
      clock: options.clock ?? systemClock,
      logger: this.#logger,
      errorFrom: busErrorFrom,
      onReply: (reply) => this.#onReply(reply),
      onUp: () => this.#onUp(),
      onDown: (error) => this.#commits.rejectAll(error),
    });
  }

  /** @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED: nothing stays open then */
  async open(): Promise<this> {
    await this.#thread.open();
    return this;
  }

  async publish(event: CloudEvent): Promise<void> {
    await this.append(event);
  }

  /** As publish; resolves with the offset. */
  append(event: CloudEvent): Promise<number> {
    const refusal = this.#refusal(event);
    return refusal ? Promise.reject(refusal) : this.#commits.add(event);
  }

  /**
   * Lets go of everything up to and including the offset, a chunk at a time. Repeating is harmless.
   * @throws {BusError} BUS_FAILED, LOG_FULL, BUS_CLOSED: a part may be gone already
   */
  deleteThrough(offset: number): Promise<void> {
    return this.#thread.ask({ kind: "delete", through: offset });
  }

  tail(options: TailOptions): AsyncIterable<LoggedEvent> {
    this.#throwIfClosed();
    const { after, types, follow = true, signal } = options;
    const last = this.#lastOffset;
    const plan = {
      after: after === "end" ? last : after,
      through: follow ? Number.POSITIVE_INFINITY : last,
      types,
      signal,
    };
    return { [Symbol.asyncIterator]: () => this.#tails.tail(plan) };
  }

  /** A bounded portion of what stands behind `after` now; damaged rows are left out. @throws {BusError} */
  async readPortion(after: number): Promise<ReadPortion> {
    this.#throwIfClosed();
    return await this.#read(after, this.#lastOffset, undefined);
  }

  /** Gives the memory of a portion back: its events must not be touched any more. */
  recycle(portion: ReadPortion): void {
    this.#reads.recycle(portion);
  }

  health(): BusHealth {
    const { pendingEvents, pendingBytes } = this.#commits;
    const status = this.#status;
    const { isUp, failure } = this.#thread;
    const problems = [...(failure ? [failure.message] : []), ...(status?.problems ?? [])];
    if (this.#closing) problems.push(`The event log ${this.#path} is closed`);
    const canAccept = isUp && !this.#closing && status?.canWrite === true;
    const health = { canAccept, isDegraded: problems.length > 0, problems, pendingEvents, pendingBytes };
    const lastOffset = this.#lastOffset;
    if (status === undefined) return { ...health, lastOffset };
    const { firstOffset, storedBytes, maxStoredBytes, damagedEvents } = status;
    const commits = this.#commitCount;
    const known = { ...health, lastOffset, commits, storedBytes, maxStoredBytes, damagedEvents };
    return firstOffset === undefined ? known : { ...known, firstOffset };
  }

  /** Offset of the newest durable event. */
  get lastOffset(): number {
    return this.#lastOffset;
  }

  /** Events that are kept, as the thread last said: at most a second old. */
  get storedEvents(): number {
    return this.#status?.storedEvents ?? 0;
  }

  /** For tests of what happens when the thread dies. */
  get worker() {
    return this.#thread.worker;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#commits.idle();
    this.#isClosed = true;
    await this.#thread.close();
    this.#tails.wake();
  }

  #refusal({ data, type }: CloudEvent): BusError | undefined {
    if (this.#closing) return this.#closedError();
    if (this.#thread.failure) return this.#thread.failure;
    if (data.byteLength > this.#maxEventBytes) {
      const state = `its data has ${data.byteLength} bytes and the limit is ${this.#maxEventBytes}`;
      return new BusError("EVENT_TOO_LARGE", `Cannot publish an event of type ${type}: ${state}`);
    }
    return undefined;
  }

  #post({ packer, epoch }: Group): void {
    const { bytes, count } = packer;
    const buffer = packer.take();
    this.#thread.send({ kind: "append", epoch, buffer, bytes, count }, [buffer]);
  }

  async #read(after: number, through: number, types: readonly string[] | undefined): Promise<ReadPortion> {
    try {
      return await this.#reads.ask(after, through, types);
    } catch (error) {
      if (error !== this.#thread.failure) throw error;
      // The thread is being started again, and reading is safe to repeat: asked again after the next change.
      await this.#tails.nextChange();
      return { events: [], scannedThrough: after };
    }
  }

  #onReply(reply: LogReply): void {
    switch (reply.kind) {
      case "appended": {
        const { count, bytes } = this.#commits.confirm(reply.firstOffset);
        this.#commitCount++;
        this.#lastOffset = reply.firstOffset + count - 1;
        const isKept = this.#tails.keep(reply.buffer, bytes, reply.firstOffset, count);
        if (!isKept) this.#commits.recycle(reply.buffer);
        this.#tails.wake();
        return;
      }
      case "refused":
        this.#commits.recycle(reply.buffer);
        this.#commits.refuse(busErrorFrom(reply.error));
        return;
      case "status":
        this.#status = reply.status;
        return;
      case "damaged":
        this.#logDamage(reply.ranges);
        return;
      case "repaired":
        for (const note of reply.notes) this.#logger.error({}, note);
    }
  }

  #logDamage(ranges: readonly DamagedRange[]): void {
    for (const { first, last, reason } of ranges) {
      const where = { path: this.#path, firstOffset: first, lastOffset: last, events: last - first + 1 };
      this.#logger.error({ ...where, reason }, "events of the log were found damaged and are not served");
    }
  }

  #onUp(): void {
    this.#lastOffset = Math.max(this.#lastOffset, this.#status?.lastOffset ?? 0);
    this.#tails.forget();
    this.#tails.wake();
  }

  #closedError(): BusError {
    return new BusError("BUS_CLOSED", `Cannot use the event log ${this.#path}: it is closed`);
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw this.#closedError();
  }
}

/**
 * Opens the durable log, making the file when it is missing.
 * @throws {BusError} LOG_IN_USE when another process has it; LOG_TOO_NEW; BUS_FAILED when the file cannot be used
 */
export async function openSqliteBus(options: SqliteBusOptions): Promise<SqliteBus> {
  return await new SqliteBus(options).open();
}

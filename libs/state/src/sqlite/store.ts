import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, FairleadError, type Logger, toError } from "@fairlead/core";
import { isCorruption, keepPrivate, resultCode, resultCodes, setAside } from "@fairlead/sqlite";
import { StateError } from "../errors.ts";
import { DamagedFile, Database } from "./database.ts";
import { Durability } from "./durability.ts";
import { purgeDurable, purgeLive } from "./purge.ts";

export interface SqliteStoreOptions {
  file: string;
  maxBytes: number;
  clock: Clock;
  logger: Logger;
}

/** "expire" deletes, which works on a full file. */
type Kind = "read" | "write" | "memory" | "expire";

function damage(error: unknown): string | undefined {
  return isCorruption(error) || error instanceof DamagedFile ? toError(error).message : undefined;
}

function openError(file: string, error: unknown): StateError {
  if (resultCode(error) === resultCodes.busy) {
    return new StateError("STATE_IN_USE", `Cannot open the state file ${file}: another process has it`, {
      cause: error,
    });
  }
  const reason = toError(error).message;
  return new StateError("STATE_UNAVAILABLE", `Cannot open the state file ${file}: ${reason}`, {
    retryable: true,
    cause: error,
  });
}

/**
 * The two databases of the SQLite driver: the durable one in a file that this process owns alone, and one in memory.
 * Calls are synchronous and short (tens of microseconds); only the sync of the log is waited for, off the event loop.
 */
export class SqliteStore implements AsyncDisposable {
  readonly clock: Clock;
  readonly #options: SqliteStoreOptions;
  readonly #live: Database;
  #durable: Database;
  #durability: Promise<Durability>;
  #isClosed = false;
  /** Cleared by a success of the same kind: that a read works says nothing about a full disk. */
  #failure: { kind: Kind; sentence: string } | undefined;
  #setAside: string | undefined;

  private constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.#live = Database.inMemory(options.maxBytes);
    this.#durable = this.#openFile();
    this.#durability = this.#openLog();
  }

  /** @throws {StateError} STATE_IN_USE when another process has the file; STATE_UNAVAILABLE when it cannot be opened */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    try {
      await mkdir(dirname(options.file), { recursive: true, mode: 0o700 });
      for (const problem of keepPrivate(options.file)) options.logger.warn({ file: options.file }, problem);
      const store = new SqliteStore(options);
      await store.#durability;
      return store;
    } catch (error) {
      throw openError(options.file, error);
    }
  }

  #openFile(): Database {
    const { file, maxBytes } = this.#options;
    try {
      return Database.open(file, maxBytes);
    } catch (error) {
      const reason = damage(error);
      if (reason === undefined) throw error;
      this.#startAfresh(reason);
      return Database.open(file, maxBytes);
    }
  }

  /** Moves a file that cannot be used out of the way, so that work goes on with an empty one. */
  #startAfresh(reason: string): void {
    const { file, clock, logger } = this.#options;
    const target = setAside(file, clock.nowMs());
    this.#setAside =
      `The state file was unusable (${reason}) and was moved to ${target}. Lost with it: who held a lease (fences still ` +
      "grow), idempotency keys (a request that is repeated from before runs again) and kept values";
    logger.error({ file, target, reason }, this.#setAside);
  }

  #openLog(): Promise<Durability> {
    const opening = Durability.open(this.#options.file);
    opening.catch(() => {}); // Whoever writes is told.
    return opening;
  }

  /** Reads what is durable. @throws {StateError} STATE_UNAVAILABLE, STATE_CLOSED */
  async read<T>(what: string, operation: (database: Database) => T): Promise<T> {
    const result = this.#run("read", what, () => operation(this.#openDurable()));
    this.#succeeded("read");
    return result;
  }

  /**
   * Writes, and resolves when it is on the disk. Where losing the last moments is harmless, say `{ sync: false }`: then
   * it survives a crash of the process, not of the machine.
   * @throws {StateError} STATE_UNAVAILABLE, STATE_CLOSED
   */
  async write<T>(what: string, operation: (database: Database) => T, options = { sync: true }): Promise<T> {
    const result = this.#run("write", what, () => operation(this.#openDurable()));
    try {
      if (options.sync) await (await this.#durability).settle();
    } catch (error) {
      throw this.#failed("write", what, error);
    }
    this.#succeeded("write");
    return result;
  }

  /**
   * Deletes what has expired, a bounded number of rows. True when more is left.
   * @throws {StateError} STATE_UNAVAILABLE, STATE_CLOSED
   */
  purge(): boolean {
    const now = this.clock.nowMs();
    const live = this.#run("expire", "purge", () => purgeLive(this.#live, now));
    const durable = this.#run("expire", "purge", () => purgeDurable(this.#openDurable(), now));
    this.#succeeded("expire");
    // There is room again.
    if (durable.deleted > 0) this.#succeeded("write");
    if (live.deleted > 0) this.#succeeded("memory");
    return live.isMoreLeft || durable.isMoreLeft;
  }

  /** Reads or writes what lives in memory. @throws {StateError} STATE_CLOSED */
  async inMemory<T>(what: string, operation: (database: Database) => T): Promise<T> {
    return this.#run("memory", what, () => operation(this.#live));
  }

  #run<T>(kind: Kind, what: string, operation: () => T): T {
    if (this.#isClosed) throw new StateError("STATE_CLOSED", `Cannot ${what}: the state is closed`);
    try {
      return operation();
    } catch (error) {
      if (error instanceof FairleadError) throw error;
      // Damage met while running: the next call opens the file again, which checks it and sets it aside.
      if (damage(error) !== undefined) this.#durable.close();
      throw this.#failed(kind, what, error);
    }
  }

  #succeeded(kind: Kind): void {
    if (this.#failure?.kind === kind) this.#failure = undefined;
  }

  #failed(kind: Kind, what: string, error: unknown): StateError {
    const { maxBytes, file } = this.#options;
    const isFull = resultCode(error) === resultCodes.full;
    const full = kind === "memory" ? "presence and rate limits are" : "the disk is full, or the file is";
    const reason = isFull ? `${full} at the limit of ${maxBytes} bytes` : toError(error).message;
    const at = new Date(this.clock.nowMs()).toISOString();
    const thing = kind === "memory" ? "The state in memory" : `The state file ${file}`;
    this.#failure = { kind, sentence: `${thing} failed at ${at}: ${reason}` };
    return new StateError("STATE_UNAVAILABLE", `Cannot ${what}: ${reason}`, {
      retryable: true,
      cause: error,
    });
  }

  #openDurable(): Database {
    if (!this.#durable.isOpen) {
      void this.#durability.then((durability) => durability.close()).catch(() => {});
      this.#durable = this.#openFile();
      this.#durability = this.#openLog();
    }
    return this.#durable;
  }

  /** Sentences for an operator. */
  problems(): string[] {
    return [this.#failure?.sentence, this.#setAside].filter((problem) => problem !== undefined);
  }

  get isAvailable(): boolean {
    return !this.#isClosed && this.#failure === undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#durability.then((durability) => durability.close()).catch(() => {});
    this.#durable.close();
    this.#live.close();
  }
}

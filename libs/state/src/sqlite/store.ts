import { type Clock, FairleadError, type Logger, toError } from "@fairlead/core";
import { StateError } from "../errors.ts";
import { DamagedFile, Database, resultCode, resultCodes } from "./database.ts";
import { Durability } from "./durability.ts";
import { setAside } from "./set-aside.ts";

export interface SqliteStoreOptions {
  file: string;
  maxBytes: number;
  clock: Clock;
  logger: Logger;
}

function damage(error: unknown): string | undefined {
  const code = resultCode(error);
  const isDamage = code === resultCodes.corrupt || code === resultCodes.notADatabase;
  return isDamage || error instanceof DamagedFile ? toError(error).message : undefined;
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
  readonly #live = Database.inMemory();
  #durable: Database;
  #durability: Promise<Durability>;
  #isClosed = false;
  #failure: string | undefined;
  #setAside: string | undefined;

  private constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.#durable = this.#openFile();
    this.#durability = this.#openLog();
  }

  /** @throws {StateError} STATE_IN_USE when another process has the file; STATE_UNAVAILABLE when it cannot be opened */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    try {
      const store = new SqliteStore(options);
      await store.#durability;
      return store;
    } catch (error) {
      throw openError(options.file, error);
    }
  }

  #openFile(): Database {
    const { file, maxBytes, clock, logger } = this.#options;
    try {
      return Database.open(file, maxBytes);
    } catch (error) {
      const reason = damage(error);
      if (reason === undefined) throw error;
      this.#setAside = setAside(file, reason, clock, logger);
      return Database.open(file, maxBytes);
    }
  }

  #openLog(): Promise<Durability> {
    const opening = Durability.open(this.#options.file);
    opening.catch(() => {}); // Whoever writes is told.
    return opening;
  }

  /** Reads what is durable. @throws {StateError} STATE_UNAVAILABLE, STATE_CLOSED */
  async read<T>(what: string, operation: (database: Database) => T): Promise<T> {
    return this.#run(what, () => operation(this.#durable));
  }

  /**
   * Writes, and resolves when it is on the disk. Where losing the last moments is harmless, say `{ sync: false }`: then
   * it survives a crash of the process, not of the machine.
   * @throws {StateError} STATE_UNAVAILABLE, STATE_CLOSED
   */
  async write<T>(what: string, operation: (database: Database) => T, options = { sync: true }): Promise<T> {
    const result = this.#run(what, () => operation(this.#durable));
    if (!options.sync) return result;
    try {
      await (await this.#durability).settle();
      return result;
    } catch (error) {
      throw this.#failed(what, error);
    }
  }

  /** Reads or writes what lives in memory. @throws {StateError} STATE_CLOSED */
  async inMemory<T>(what: string, operation: (database: Database) => T): Promise<T> {
    return this.#run(what, () => operation(this.#live));
  }

  #run<T>(what: string, operation: () => T): T {
    if (this.#isClosed) throw new StateError("STATE_CLOSED", `Cannot ${what}: the state is closed`);
    try {
      const result = operation();
      this.#failure = undefined;
      return result;
    } catch (error) {
      if (error instanceof FairleadError) throw error;
      if (damage(error) !== undefined) this.#replace();
      throw this.#failed(what, error);
    }
  }

  #failed(what: string, error: unknown): StateError {
    const { maxBytes, file } = this.#options;
    const isFull = resultCode(error) === resultCodes.full;
    const reason = isFull
      ? `the disk is full, or the file is at its limit of ${maxBytes} bytes`
      : toError(error).message;
    this.#failure = `The state file ${file} failed at ${new Date(this.clock.nowMs()).toISOString()}: ${reason}`;
    return new StateError("STATE_UNAVAILABLE", `Cannot ${what}: ${reason}`, {
      retryable: true,
      cause: error,
    });
  }

  /** Damage met while running: opening checks the file again and sets it aside; the caller repeats its call. */
  #replace(): void {
    void this.#durability.then((durability) => durability.close()).catch(() => {});
    this.#durable.close();
    this.#durable = this.#openFile();
    this.#durability = this.#openLog();
  }

  /** Sentences for an operator. */
  problems(): string[] {
    return [this.#failure, this.#setAside].filter((problem) => problem !== undefined);
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

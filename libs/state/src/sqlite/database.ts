import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { restrict, transact } from "@fairlead/sqlite";
import { durableSchema, liveSchema, schemaVersion } from "./schema.ts";

const pageBytes = 4_096;

const pages = (bytes: number) => Math.max(64, Math.floor(bytes / pageBytes));

/** The file is a database, but not one that this program can use. */
export class DamagedFile extends Error {}

export type Row = Readonly<Record<string, unknown>>;

/** One connection with its prepared statements. Every call is synchronous. */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  /** What lives and dies with this process. */
  static inMemory(maxBytes: number): Database {
    const connection = new DatabaseSync(":memory:");
    connection.exec(
      `PRAGMA page_size = ${pageBytes}; PRAGMA max_page_count = ${pages(maxBytes)}; ${liveSchema}`,
    );
    return new Database(connection);
  }

  /**
   * The durable file, locked for this process alone.
   * @throws {DamagedFile} when it is not usable; errors of SQLite
   */
  static open(file: string, maxBytes: number): Database {
    // A time limit of 0: a file in use is an error at once, never a wait that blocks the event loop.
    const connection = new DatabaseSync(file, { timeout: 0 });
    try {
      connection.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA locking_mode = EXCLUSIVE`);
      const database = new Database(connection);
      const isNew = database.#check(); // Before anything is written: it may be somebody else's file.
      restrict(file, 0o600);
      connection.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA max_page_count = ${pages(maxBytes)};
        BEGIN EXCLUSIVE; -- Takes the lock now rather than at the first write.
        ${isNew ? durableSchema : ""}
        PRAGMA user_version = ${schemaVersion};
        COMMIT;
      `);
      return database;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** True when the file is empty. @throws {DamagedFile} */
  #check(): boolean {
    const found = this.get("PRAGMA quick_check(1)")?.["quick_check"];
    if (found !== "ok") throw new DamagedFile(String(found));
    const version = this.get("PRAGMA user_version")?.["user_version"];
    if (version === schemaVersion) return false;
    const tables = this.get("SELECT count(*) AS count FROM sqlite_schema")?.["count"];
    if (version === 0 && tables === 0) return true;
    throw new DamagedFile(`it has version ${version}, this program knows version ${schemaVersion}`);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  /** Returns how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** All of it or, when it throws, nothing of it. */
  transaction(operation: () => void): void {
    transact(this.#connection, operation);
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }
}

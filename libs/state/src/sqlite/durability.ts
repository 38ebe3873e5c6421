import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes what was committed survive a power loss, without an fsync on the event loop. SQLite commits with
 * synchronous=NORMAL: the frames of the transaction are in the write-ahead log, which the kernel has. `settle` then
 * syncs that file in a thread of libuv; calls that come meanwhile share the next sync (group commit). After a power loss
 * SQLite recovers every frame that is on the disk (https://www.sqlite.org/wal.html, "Durability").
 */
export class Durability {
  readonly #log: FileHandle;
  readonly #syncLog: (log: FileHandle) => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(log: FileHandle, syncLog: (log: FileHandle) => Promise<void>) {
    this.#log = log;
    this.#syncLog = syncLog;
  }

  /** @param file the database, whose write-ahead log exists */
  static async open(file: string, syncLog = (log: FileHandle) => log.datasync()): Promise<Durability> {
    const directory = await open(dirname(file), "r");
    try {
      await directory.sync(); // The name of a new log must survive as well.
    } finally {
      await directory.close();
    }
    // The log, not the database: closing a second handle of the database would drop SQLite's POSIX locks.
    return new Durability(await open(`${file}-wal`, "r"), syncLog);
  }

  /** Resolves when everything that was committed before the call is on the disk. */
  settle(): Promise<void> {
    if (this.#running === undefined) return this.#sync();
    this.#next ??= this.#running.then(
      () => this.#syncNext(),
      () => this.#syncNext(),
    );
    return this.#next;
  }

  #syncNext(): Promise<void> {
    this.#next = undefined;
    return this.#sync();
  }

  #sync(): Promise<void> {
    const running = this.#syncLog(this.#log).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async close(): Promise<void> {
    await this.#running?.catch(() => {});
    await this.#next?.catch(() => {});
    await this.#log.close();
  }
}

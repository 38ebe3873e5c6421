import { Worker } from "node:worker_threads";
import { backoffMs, type Clock, type Logger } from "@fairlead/core";
import type { NamedFile } from "./errors.ts";
import { lockFile } from "./lock.ts";
import { keepPrivate } from "./private-files.ts";
import { type ErrorFacts, errorFacts, type FromThread, type ToThread } from "./thread-messages.ts";

export interface FileThreadParts<Reply, Failure extends Error> {
  readonly file: NamedFile;
  /** The script of the thread, which calls `serveFile`. */
  readonly script: URL;
  /** The name of the thread, for a debugger. */
  readonly name: string;
  /** Plain values for the script, the path among them. */
  readonly settings: unknown;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The owner's error for what the thread says, or for a FILE_... code of SqliteFileError. */
  readonly errorFrom: (facts: ErrorFacts) => Failure;
  /** What the thread says without being asked. */
  onReply?(reply: Reply): void;
  /** The thread has opened the file: for the first time, or again. */
  onUp?(): void;
  /** The thread is gone: what it was asked is refused with this error. */
  onDown?(failure: Failure): void;
}

/**
 * The one owner of a file: holds its lock, and keeps a thread on the file, so that neither an fsync nor a checkpoint ever
 * stalls the event loop. A thread that ends by itself is started again, with growing pauses.
 */
export class FileThread<Request, Reply, Failure extends Error> {
  readonly #parts: FileThreadParts<Reply, Failure>;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #nextAsk = 1;
  #worker: Worker | undefined;
  #isUp = false;
  #hasOpened = false;
  #isClosing = false;
  #failure: Failure | undefined;
  #attempts = 0;
  #restart: Disposable | undefined;
  #exited: Promise<void> = Promise.resolve();
  #lock: Disposable | undefined;

  constructor(parts: FileThreadParts<Reply, Failure>) {
    this.#parts = parts;
  }

  /**
   * Takes the lock and resolves when the file is open.
   * @throws {Failure} for FILE_IN_USE, FILE_FAILED, and what the thread says; then the lock is free and nothing runs
   */
  async open(): Promise<void> {
    const { file, logger, errorFrom } = this.#parts;
    try {
      this.#lock = lockFile(file);
      for (const problem of keepPrivate(file.path)) logger.warn({ file: file.path }, problem);
    } catch (error) {
      throw errorFrom(errorFacts(error));
    }
    try {
      await this.#start();
    } catch (error) {
      this.#lock[Symbol.dispose]();
      throw error;
    }
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Why the thread is away, while it is. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** For tests of what happens when the thread dies. */
  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** Of no effect while the thread is away. */
  send(request: Request, transfer: ArrayBuffer[] = []): void {
    this.#post({ kind: "request", request, ask: undefined }, transfer);
  }

  /**
   * Resolves with the answer of the thread.
   * @throws {Failure} what the thread answers; FILE_FAILED when it is away or ends before it answers; FILE_CLOSED
   */
  ask<Answer>(request: Request, transfer: ArrayBuffer[] = []): Promise<Answer> {
    if (this.#isClosing) return Promise.reject(this.#closedError());
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const ask = this.#nextAsk++;
    const outcome = Promise.withResolvers<unknown>();
    this.#asked.set(ask, outcome);
    this.#post({ kind: "request", request, ask }, transfer);
    return outcome.promise as Promise<Answer>;
  }

  /** Resolves when the thread has closed the file, and the lock is free. What was asked and not answered is refused. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#restart?.[Symbol.dispose]();
    this.#post({ kind: "close" });
    await this.#exited;
    this.#rejectAsked(this.#closedError());
    this.#lock?.[Symbol.dispose]();
  }

  #post(message: ToThread<Request>, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  #start(): Promise<void> {
    if (this.#isClosing) return Promise.resolve();
    const { script, name, settings, errorFrom } = this.#parts;
    // No flags of the process (a test runner's, a debugger's). Its environment brings NODE_COMPILE_CACHE, where set, which
    // halves the time that opening takes.
    const execArgv = ["--disable-warning=ExperimentalWarning"];
    const worker = new Worker(script, { workerData: settings, name, execArgv });
    this.#worker = worker;
    let failure = this.#failed("its thread ended without a word");
    const opened = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<void>();
    this.#exited = exited.promise;
    worker.on("message", (message: FromThread<Reply>) => {
      if (message.kind === "unopened") failure = errorFrom(message.error);
      else if (message.kind === "up") {
        this.#isUp = true;
        this.#hasOpened = true;
        this.#failure = undefined;
        this.#attempts = 0;
        this.#parts.onUp?.();
        opened.resolve();
      } else this.#onMessage(message);
    });
    worker.on("error", (error) => {
      failure = this.#failed(`its thread failed: ${error.message}`);
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      this.#isUp = false;
      exited.resolve();
      opened.reject(failure);
      if (this.#isClosing || !this.#hasOpened) return;
      this.#failure = failure;
      this.#parts.onDown?.(failure);
      this.#rejectAsked(failure);
      this.#scheduleRestart(failure);
    });
    return opened.promise;
  }

  #onMessage(message: Exclude<FromThread<Reply>, { kind: "up" | "unopened" }>): void {
    if (message.kind === "reply") {
      this.#parts.onReply?.(message.reply);
      return;
    }
    const outcome = this.#asked.get(message.ask);
    this.#asked.delete(message.ask);
    if (message.kind === "answer") outcome?.resolve(message.answer);
    else outcome?.reject(this.#parts.errorFrom(message.error));
  }

  #rejectAsked(failure: Failure): void {
    for (const { reject } of this.#asked.values()) reject(failure);
    this.#asked.clear();
  }

  #scheduleRestart(failure: Failure): void {
    const { clock, logger, file } = this.#parts;
    const delayMs = backoffMs(++this.#attempts, { minDelayMs: 50, maxDelayMs: 5_000 });
    logger.error({ err: failure, delayMs }, `the thread of ${file.title} ended; it is started again`);
    this.#restart = clock.timer(delayMs, () => {
      this.#start().catch(() => {});
    });
  }

  #failed(reason: string): Failure {
    const { file, errorFrom } = this.#parts;
    const message = `Cannot use ${file.title} ${file.path}: ${reason}`;
    return errorFrom({ code: "FILE_FAILED", message, retryable: true });
  }

  #closedError(): Failure {
    const { file, errorFrom } = this.#parts;
    const message = `Cannot use ${file.title} ${file.path}: it is closed`;
    return errorFrom({ code: "FILE_CLOSED", message, retryable: false });
  }
}

import { Worker } from "node:worker_threads";
import { backoffMs, type Clock, type Logger } from "@fairlead/core";
import { BusError, busErrorFrom } from "../errors.ts";
import type { LogReply, LogRequest, LogSettings, LogStatus } from "./protocol.ts";

export interface LinkEvents {
  /** What the thread answers while it runs. */
  onReply(reply: LogReply): void;
  /** The thread has opened the log: for the first time, or again. */
  onUp(status: LogStatus): void;
  /** The thread is gone: nothing that was asked will be answered. */
  onDown(error: BusError): void;
}

/** Keeps a thread on the log: starts it again, with growing pauses, when it ends by itself. */
export class WorkerLink {
  readonly #settings: LogSettings;
  readonly #events: LinkEvents;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #worker: Worker | undefined;
  #isUp = false;
  #hasOpened = false;
  #isClosing = false;
  #attempts = 0;
  #restart: Disposable | undefined;
  #exited: Promise<void> = Promise.resolve();

  constructor(settings: LogSettings, events: LinkEvents, clock: Clock, logger: Logger) {
    this.#settings = settings;
    this.#events = events;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Resolves when the log is open. @throws {BusError} when the first opening fails; the link is over then */
  open(): Promise<void> {
    return this.#start();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** For tests of what happens when the thread dies. */
  get worker(): Worker | undefined {
    return this.#worker;
  }

  send(request: LogRequest, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(request, transfer);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#restart?.[Symbol.dispose]();
    this.send({ kind: "close" });
    await this.#exited;
  }

  #start(): Promise<void> {
    if (this.#isClosing) return Promise.resolve();
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: this.#settings,
      name: "fairlead-log",
      // No flags of the process (a test runner's, a debugger's). Its environment brings NODE_COMPILE_CACHE, where set:
      // that halves the time that opening takes.
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    this.#worker = worker;
    const { path } = this.#settings;
    let failure = new BusError(
      "BUS_FAILED",
      `Cannot use the event log ${path}: its thread ended without a word`,
    );
    const opened = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<void>();
    this.#exited = exited.promise;
    worker.on("message", (reply: LogReply) => {
      if (reply.kind === "unopened") failure = busErrorFrom(reply.error);
      else if (reply.kind === "ready") {
        this.#isUp = true;
        this.#hasOpened = true;
        this.#attempts = 0;
        this.#events.onUp(reply.status);
        opened.resolve();
      } else this.#events.onReply(reply);
    });
    worker.on("error", (error) => {
      failure = new BusError(
        "BUS_FAILED",
        `Cannot use the event log ${path}: its thread failed: ${error.message}`,
        {
          cause: error,
        },
      );
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      this.#isUp = false;
      exited.resolve();
      opened.reject(failure);
      if (this.#isClosing || !this.#hasOpened) return;
      this.#events.onDown(failure);
      this.#scheduleRestart(failure);
    });
    return opened.promise;
  }

  #scheduleRestart(failure: BusError): void {
    this.#attempts++;
    const delayMs = backoffMs(this.#attempts, { minDelayMs: 50, maxDelayMs: 5_000 });
    this.#logger.error({ err: failure, delayMs }, "the thread of the event log ended; it is started again");
    this.#restart = this.#clock.timer(delayMs, () => {
      this.#start().catch(() => {});
    });
  }
}

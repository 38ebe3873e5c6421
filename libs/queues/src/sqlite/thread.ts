/** Asks the thread: gathers requests into groups that share one fsync, and starts the thread again when it ends by itself. */
import { Worker } from "node:worker_threads";
import { backoffMs, type Clock, type Logger } from "@fairlead/core";
import { QueueError } from "../errors.ts";
import type {
  StoreAnswer,
  StoreRequest,
  StoreResult,
  StoreSettings,
  StoreStatus,
  ThreadReply,
  ThreadRequest,
} from "./protocol.ts";

/** A group is no larger than this. */
const groupRequests = 512;
/** Groups with the thread at a time: one commits while the next already waits there. */
const groupsInFlight = 2;

interface Asked {
  readonly request: StoreRequest;
  readonly resolve: (result: StoreResult) => void;
  readonly reject: (error: QueueError) => void;
}

export class StoreThread {
  readonly #settings: StoreSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Told when the thread has opened the file again. */
  readonly #onRestart: () => void;
  readonly #waiting: Asked[] = [];
  readonly #inFlight: (readonly Asked[])[] = [];
  #worker: Worker | undefined;
  #status: StoreStatus = { usedBytes: 0, limitBytes: 0, deadLetters: 0, problems: [] };
  #isUp = false;
  #hasOpened = false;
  #isClosing = false;
  #isScheduled = false;
  #attempts = 0;
  #restart: Disposable | undefined;
  #exited: Promise<void> = Promise.resolve();
  #idle: (() => void) | undefined;

  constructor(settings: StoreSettings, clock: Clock, logger: Logger, onRestart: () => void) {
    this.#settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    this.#onRestart = onRestart;
  }

  /** @throws {QueueError} when the first opening fails; the thread is over then */
  open(): Promise<void> {
    return this.#start();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get status(): StoreStatus {
    return this.#status;
  }

  /** For tests of what happens when the thread dies. */
  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** Resolves when durable. @throws {QueueError} what the store answers; QUEUES_FAILED when the thread is gone */
  ask(request: StoreRequest): Promise<StoreResult> {
    if (!this.#isUp) return Promise.reject(this.#gone());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // Requests of one turn of the event loop share a group.
      setImmediate(() => {
        this.#isScheduled = false;
        this.#post();
      });
    });
  }

  #post(): void {
    while (this.#waiting.length > 0 && this.#inFlight.length < groupsInFlight) {
      const group = this.#waiting.splice(0, groupRequests);
      this.#inFlight.push(group);
      this.#send({ requests: group.map(({ request }) => request) });
    }
    if (this.#waiting.length === 0 && this.#inFlight.length === 0) this.#idle?.();
  }

  #send(request: ThreadRequest): void {
    this.#worker?.postMessage(request);
  }

  #answered(answers: readonly StoreAnswer[]): void {
    const group = this.#inFlight.shift() ?? [];
    for (const [index, { resolve, reject }] of group.entries()) {
      const answer = answers[index]!;
      if (answer.op === "failed") reject(new QueueError(answer.code, answer.message));
      else resolve(answer);
    }
    this.#post();
  }

  #gone(reason = "its thread has ended"): QueueError {
    return new QueueError("QUEUES_FAILED", `Cannot use the work queues ${this.#settings.path}: ${reason}`);
  }

  #start(): Promise<void> {
    if (this.#isClosing) return Promise.resolve();
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: this.#settings,
      name: "fairlead-queues",
      // No flags of the process (a test runner's, a debugger's).
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    this.#worker = worker;
    let failure = this.#gone("its thread ended without a word");
    const opened = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<void>();
    this.#exited = exited.promise;
    worker.on("message", (reply: ThreadReply) => {
      if (reply.kind === "unopened") {
        failure = new QueueError(reply.failure.code, reply.failure.message);
        return;
      }
      this.#status = reply.status;
      if (reply.kind === "answers") return this.#answered(reply.answers);
      this.#isUp = true;
      this.#attempts = 0;
      if (this.#hasOpened) this.#onRestart();
      this.#hasOpened = true;
      opened.resolve();
    });
    worker.on("error", (error) => {
      failure = this.#gone(`its thread failed: ${error.message}`);
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      this.#isUp = false;
      exited.resolve();
      opened.reject(failure);
      if (this.#isClosing || !this.#hasOpened) return;
      this.#fail(failure);
      this.#startAgain(failure);
    });
    return opened.promise;
  }

  #fail(failure: QueueError): void {
    const asked = [...this.#inFlight.splice(0).flat(), ...this.#waiting.splice(0)];
    for (const { reject } of asked) reject(failure);
    this.#idle?.();
  }

  #startAgain(failure: QueueError): void {
    const delayMs = backoffMs(++this.#attempts, { minDelayMs: 50, maxDelayMs: 5_000 });
    this.#logger.error({ err: failure, delayMs }, "the thread of the work queues ended; it is started again");
    this.#restart = this.#clock.timer(delayMs, () => {
      this.#start().catch(() => {});
    });
  }

  /** Waits for what was asked. */
  async close(): Promise<void> {
    if (this.#isUp && this.#waiting.length + this.#inFlight.length > 0)
      await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#isClosing = true;
    this.#isUp = false;
    this.#restart?.[Symbol.dispose]();
    this.#send({ close: true });
    await this.#exited;
  }
}

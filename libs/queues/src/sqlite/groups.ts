import type { Clock, Logger } from "@fairlead/core";
import { Fifo, WakeUp } from "@fairlead/core";
import { FileThread } from "@fairlead/sqlite";
import { type QueueError, queueErrorFrom } from "../errors.ts";
import { queuesAt } from "./database.ts";
import type {
  GroupAnswer,
  StoreRequest,
  StoreResult,
  StoreSettings,
  StoreStatus,
} from "./thread-messages.ts";

/** A group is no larger than this. */
const groupRequests = 512;
/** Groups with the thread at a time: one commits while the next already waits there. */
const groupsInFlight = 2;

interface Asked {
  readonly request: StoreRequest;
  readonly resolve: (result: StoreResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks the thread of the store, in groups that share one fsync. */
export class RequestGroups {
  readonly #thread: FileThread<readonly StoreRequest[], StoreStatus, QueueError>;
  readonly #waiting = new Fifo<Asked>();
  readonly #idle = new WakeUp();
  #status: StoreStatus = { usedBytes: 0, limitBytes: 0, deadLetters: 0, problems: [] };
  #inFlight = 0;
  #isScheduled = false;

  /** @param onUp told when the thread has opened the file: for the first time, or again */
  constructor(settings: StoreSettings, clock: Clock, logger: Logger, onUp: () => void) {
    this.#thread = new FileThread({
      file: queuesAt(settings.path),
      script: new URL("./worker.ts", import.meta.url),
      name: "fairlead-queues",
      settings,
      clock,
      logger,
      errorFrom: queueErrorFrom,
      onReply: (status) => {
        this.#status = status;
      },
      onUp,
    });
  }

  /** @throws {QueueError} QUEUES_IN_USE, QUEUES_TOO_NEW, QUEUES_FAILED: nothing stays open then */
  open(): Promise<void> {
    return this.#thread.open();
  }

  get isUp(): boolean {
    return this.#thread.isUp;
  }

  get status(): StoreStatus {
    return this.#status;
  }

  /** For tests of what happens when the thread dies. */
  get worker() {
    return this.#thread.worker;
  }

  /** Resolves when durable. @throws {QueueError} what the store answers; QUEUES_FAILED when the thread is gone; QUEUES_CLOSED */
  ask(request: StoreRequest): Promise<StoreResult> {
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
    while (this.#waiting.length > 0 && this.#inFlight < groupsInFlight) {
      const group: Asked[] = [];
      while (group.length < groupRequests && this.#waiting.length > 0) group.push(this.#waiting.shift()!);
      this.#inFlight++;
      void this.#commit(group);
    }
    if (this.#inFlight === 0) this.#idle.wake();
  }

  async #commit(group: readonly Asked[]): Promise<void> {
    try {
      const requests = group.map(({ request }) => request);
      const { answers, status } = await this.#thread.ask<GroupAnswer>(requests);
      this.#status = status;
      for (const [index, { resolve, reject }] of group.entries()) {
        const answer = answers[index]!;
        if (answer.op === "failed") reject(queueErrorFrom(answer.error));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    this.#inFlight--;
    this.#post();
  }

  /** Waits for what was asked. */
  async close(): Promise<void> {
    while (this.#waiting.length + this.#inFlight > 0) await this.#idle.next();
    await this.#thread.close();
  }
}

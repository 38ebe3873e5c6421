/** The work queues of the embedded engine: one file, one owner process, consumers in that process. */
import { Budget, type Clock, type Logger, silentLogger, silentMeter, systemClock } from "@fairlead/core";
import { minFileBytes } from "@fairlead/sqlite";
import { type HeldDelivery, runSlots, type Source } from "../consume.ts";
import { delayMs, type RetryDelay } from "../delays.ts";
import { QueueError } from "../errors.ts";
import { checkDelay, checkListLimit, checkMessage } from "../message.ts";
import { observeQueues, type QueueObserver } from "../observe.ts";
import type {
  ConsumeOptions,
  DeadLetter,
  DeliveryHandler,
  QueueMessage,
  QueuesHealth,
  Settlement,
  WorkQueues,
} from "../queues.ts";
import { RequestGroups } from "./groups.ts";
import { HandOut } from "./hand-out.ts";
import type { SqliteQueuesOptions } from "./options.ts";
import type { StoreRequest, StoreResult, TakenMessage } from "./thread-messages.ts";

type Result<Op extends StoreResult["op"]> = Extract<StoreResult, { op: Op }>;

export class SqliteQueues implements WorkQueues {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #observer: QueueObserver;
  readonly #store: RequestGroups;
  readonly #handOuts = new Map<string, HandOut>();
  readonly #closed = new AbortController();
  readonly #pending: Budget;
  #closing: Promise<void> | undefined;

  /** Use openSqliteQueues. */
  constructor(options: SqliteQueuesOptions) {
    const { path, logger = silentLogger, clock = systemClock } = options;
    this.#path = path;
    this.#clock = clock;
    this.#logger = logger;
    this.#observer = observeQueues(options.meter ?? silentMeter);
    this.#pending = new Budget(options.maxPendingMessages ?? 10_000, options.maxPendingBytes ?? 32 << 20);
    const settings = {
      path,
      maxFileBytes: Math.max(minFileBytes, options.maxFileBytes ?? 1 << 30),
      maxMessages: options.maxMessages ?? 100_000,
      maxBytes: options.maxBytes ?? 1 << 30,
    };
    this.#store = new RequestGroups(settings, clock, logger, () => {
      for (const handOut of this.#handOuts.values()) handOut.look();
    });
  }

  open(): Promise<void> {
    return this.#store.open();
  }

  /** For tests of what happens when the thread dies. */
  get worker() {
    return this.#store.worker;
  }

  async enqueue(
    kind: string,
    message: QueueMessage,
    options: { readonly delay?: RetryDelay } = {},
  ): Promise<string> {
    try {
      const { id, body, headers, bytes } = checkMessage(kind, message);
      if (options.delay !== undefined) checkDelay(options.delay);
      const dueMs = this.#clock.nowMs() + (options.delay === undefined ? 0 : delayMs[options.delay]);
      // A copy of exactly these bytes: a view would take all of its buffer along to the thread.
      const copy = new Uint8Array(body);
      const request = {
        op: "enqueue",
        kind,
        id,
        headers: JSON.stringify(headers),
        body: copy,
        bytes,
        dueMs,
      } as const;
      await this.#enqueueWithin(request);
      this.#observer.enqueued(kind);
      this.#handOuts.get(kind)?.look();
      return id;
    } catch (error) {
      this.#observer.refused(error);
      throw error;
    }
  }

  async #enqueueWithin(request: Extract<StoreRequest, { op: "enqueue" }>): Promise<void> {
    const doing = `enqueue a message of kind ${request.kind}`;
    this.#throwIfClosed(doing);
    const { items, bytes, maxItems, maxBytes } = this.#pending;
    if (!this.#pending.hasRoom(request.bytes)) {
      const state = `${items} messages and ${bytes} bytes wait to be durable`;
      const limits = `the limits are ${maxItems} and ${maxBytes}`;
      throw new QueueError("QUEUES_OVERLOADED", `Cannot ${doing}: ${state}, ${limits}`);
    }
    this.#pending.take(request.bytes);
    try {
      await this.#store.ask(request);
    } finally {
      this.#pending.release(request.bytes);
    }
  }

  async consume(kind: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<void> {
    this.#throwIfClosed(`consume ${kind}`);
    const signal = AbortSignal.any([options.signal, this.#closed.signal]);
    await runSlots(kind, { ...options, signal }, handler, {
      openSource: (of, until) => this.#openSource(of, until),
      observer: this.#observer,
      clock: this.#clock,
      logger: this.#logger,
    });
  }

  #openSource(kind: string, signal: AbortSignal): Source {
    const handOut = this.#handOutOf(kind);
    return {
      next: async () => {
        const message = await handOut.next(signal);
        return message && this.#held(message);
      },
      async [Symbol.asyncDispose]() {},
    };
  }

  #handOutOf(kind: string): HandOut {
    let handOut = this.#handOuts.get(kind);
    if (handOut === undefined) {
      handOut = new HandOut(kind, {
        take: async (of, count) => {
          const taken = await this.#ask<"take">({ op: "take", kind: of, count, nowMs: this.#clock.nowMs() });
          for (let index = 0; index < taken.damaged; index++) this.#observer.unusable(of);
          return taken;
        },
        release: (message) => void this.#release(message),
        clock: this.#clock,
        logger: this.#logger,
      });
      this.#handOuts.set(kind, handOut);
    }
    return handOut;
  }

  #held(message: TakenMessage): HeldDelivery {
    const { kind, id, body, headers, retries, redeliveries, ticket } = message;
    const settle = async (request: StoreRequest): Promise<Settlement> => {
      if (this.#closing) return "lost";
      const { isSettled } = await this.#ask<"settled">(request);
      this.#handOuts.get(kind)?.look();
      return isSettled ? "settled" : "lost";
    };
    return {
      kind,
      id,
      body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      headers: JSON.parse(headers),
      retries,
      redeliveries,
      ack: () => settle({ op: "ack", ticket }),
      retry: (delay) => settle({ op: "retry", ticket, dueMs: this.#clock.nowMs() + delayMs[delay] }),
      deadLetter: (reason) => settle({ op: "dead", ticket, reason, nowMs: this.#clock.nowMs() }),
      release: () => this.#release(message),
    };
  }

  async #release({ kind, ticket }: TakenMessage): Promise<void> {
    // A thread that ended has forgotten who held what.
    await this.#store.ask({ op: "release", ticket }).catch(() => {});
    this.#handOuts.get(kind)?.look();
  }

  async deadLetters({ limit }: { readonly limit: number }): Promise<readonly DeadLetter[]> {
    checkListLimit(limit);
    this.#throwIfClosed("list the dead letters");
    const { letters } = await this.#ask<"dead">({ op: "listDead", limit });
    return letters.map(({ id, kind, body, headers, reason, retries, diedMs }) => ({
      id,
      kind,
      body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      headers: JSON.parse(headers),
      reason,
      retries,
      diedAtMs: diedMs,
    }));
  }

  async requeueDead(id: string): Promise<boolean> {
    this.#throwIfClosed("requeue a dead letter");
    const { kind } = await this.#ask<"moved">({ op: "requeueDead", id, nowMs: this.#clock.nowMs() });
    if (kind !== undefined) this.#handOuts.get(kind)?.look();
    return kind !== undefined;
  }

  async discardDead(id: string): Promise<boolean> {
    this.#throwIfClosed("discard a dead letter");
    return (await this.#ask<"moved">({ op: "discardDead", id })).kind !== undefined;
  }

  /** The store answers a request with its own kind of result. */
  async #ask<Op extends StoreResult["op"]>(request: StoreRequest): Promise<Result<Op>> {
    return (await this.#store.ask(request)) as Result<Op>;
  }

  health(): QueuesHealth {
    const { status, isUp } = this.#store;
    const problems = [...status.problems];
    if (this.#closing) problems.push("The work queues are closed");
    else if (!isUp) problems.push(`The work queues ${this.#path} are being opened again`);
    if (status.usedBytes > 0.8 * status.limitBytes) {
      const state = `${status.usedBytes} of ${status.limitBytes} bytes, ${status.deadLetters} dead letters among them`;
      problems.push(`The work queues ${this.#path} are nearly full: ${state}`);
    }
    return {
      canAccept: isUp && !this.#closing,
      isDegraded: problems.length > 0,
      problems,
      pendingMessages: this.#pending.items,
      pendingBytes: this.#pending.bytes,
    };
  }

  #throwIfClosed(doing: string): void {
    if (this.#closing) throw new QueueError("QUEUES_CLOSED", `Cannot ${doing}: the queues are closed`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort(new QueueError("QUEUES_CLOSED", "Cannot go on: the queues are closed"));
    await this.#store.close();
  }
}

/** @throws {QueueError} QUEUES_IN_USE when another owner has the file; QUEUES_TOO_NEW; QUEUES_FAILED */
export async function openSqliteQueues(options: SqliteQueuesOptions): Promise<SqliteQueues> {
  const queues = new SqliteQueues(options);
  await queues.open();
  return queues;
}

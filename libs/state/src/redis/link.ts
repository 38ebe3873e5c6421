import { backoffMs, type Clock, type Logger, toError } from "@fairlead/core";
import { Redis } from "ioredis";
import { StateError } from "../errors.ts";
import type { RedisAddress } from "./address.ts";

export interface RedisLimits {
  /** The time after which a command without a reply has failed, and its connection too. Default 1,000. */
  commandTimeoutMs: number;
  /** The longest time of an operation, its repeats included. Default 2,000. */
  operationTimeoutMs: number;
  /** The longest time of dialling and TLS. Default 5,000. */
  connectTimeoutMs: number;
  /** The longest pause between two attempts to connect. Default 2,000. */
  maxReconnectDelayMs: number;
}

/** The time that an operation waits for a connection that has just been lost. After that time Redis counts as away. */
const graceMs = 500;
const minReconnectDelayMs = 20;
const maxAttempts = 20;
const pingEveryMs = 5_000;

/** The errors after which Redis will take the same command in a moment (https://redis.io/docs, "Error handling"). */
const passing = new Set(["LOADING", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN"]);

/** The errors that an operator has to repair. No restart of this process is needed. */
const refusals = new Set(["OOM", "MISCONF", "NOREPLICAS", "NOAUTH", "WRONGPASS", "NOPERM"]);

/** The first word of an error that Redis answered with; undefined for any other error. */
const replyCode = (error: unknown) =>
  error instanceof Error && error.name === "ReplyError" ? error.message.split(" ", 1)[0] : undefined;

/**
 * One connection to Redis. While Redis is away nothing is queued, and the client library sends nothing twice. The link repeats an
 * operation itself, where the operation is safe to repeat.
 */
export class RedisLink implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #where: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: RedisLimits;
  #awaySinceMs: number | undefined;
  #lastError = "not connected yet";
  #refusal: string | undefined;
  #isClosed = false;
  /** Resolves with true when the connection is ready, and with false when there is no hope of a connection soon. */
  #hope: PromiseWithResolvers<boolean> | undefined;
  #graceTimer: Disposable | undefined;
  #pingTimer: Disposable | undefined;

  constructor(address: RedisAddress, limits: RedisLimits, clock: Clock, logger: Logger) {
    this.#where = address.where;
    this.#clock = clock;
    this.#logger = logger;
    this.#limits = limits;
    this.#awaySinceMs = clock.nowMs();
    this.#redis = new Redis({
      ...address.options,
      lazyConnect: true,
      // The defaults of the library queue without bound and send commands again that may have happened.
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      connectTimeout: limits.connectTimeoutMs,
      // The socket's limit ends a connection on which Redis stands still, also during the login. The limit of a command is
      // longer and should never be met first.
      socketTimeout: limits.commandTimeoutMs,
      commandTimeout: limits.commandTimeoutMs + 250,
      // After a failover the name leads to another server than the one of the connection.
      reconnectOnError: (error) => error.message.startsWith("READONLY"),
      retryStrategy: (attempt: number) => this.#reconnectDelay(attempt),
    });
    this.#redis.on("ready", () => this.#onReady());
    this.#redis.on("close", () => this.#onClose());
    this.#redis.on("end", () => this.#onEnd());
    this.#redis.on("error", (error) => {
      this.#lastError = error.message;
    });
  }

  #reconnectDelay(attempt: number): number {
    return backoffMs(attempt, {
      minDelayMs: minReconnectDelayMs,
      maxDelayMs: this.#limits.maxReconnectDelayMs,
    });
  }

  /** Resolves when connected, or when the first attempt has failed. Further attempts go on in the background. */
  async open(): Promise<void> {
    this.#hope = Promise.withResolvers();
    const { promise } = this.#hope;
    const longest = this.#limits.connectTimeoutMs + this.#limits.commandTimeoutMs;
    this.#graceTimer = this.#clock.timer(longest, () => this.#loseHope());
    this.#redis.connect().catch(() => this.#loseHope()); // The event "error" had the reason.
    await promise;
    this.#ping();
  }

  #onReady(): void {
    if (this.#awaySinceMs !== undefined) {
      const awayMs = this.#clock.nowMs() - this.#awaySinceMs;
      this.#logger.info({ redis: this.#where, awayMs }, "Redis is connected");
    }
    this.#awaySinceMs = undefined;
    this.#graceTimer?.[Symbol.dispose]();
    this.#hope?.resolve(true);
    this.#hope = undefined;
  }

  #onClose(): void {
    if (this.#isClosed) return;
    if (this.#awaySinceMs !== undefined) {
      this.#loseHope(); // It was not ready before.
      return;
    }
    this.#awaySinceMs = this.#clock.nowMs();
    this.#hope = Promise.withResolvers();
    this.#graceTimer?.[Symbol.dispose]();
    this.#graceTimer = this.#clock.timer(graceMs, () => this.#loseHope());
  }

  #loseHope(): void {
    this.#graceTimer?.[Symbol.dispose]();
    if (this.#hope === undefined) return;
    this.#hope.resolve(false);
    this.#hope = undefined;
    if (!this.#isClosed) this.#logger.warn({ redis: this.#where, reason: this.#lastError }, "Redis is away");
  }

  /** Connects again. The client library gives up in some cases of its connector. */
  #onEnd(): void {
    if (this.#isClosed) return;
    this.#loseHope();
    this.#clock.timer(this.#limits.maxReconnectDelayMs, () => {
      if (!this.#isClosed) this.#redis.connect().catch(() => {});
    });
  }

  /** Sends pings. Without traffic nobody would notice that Redis stands still. */
  #ping(): void {
    this.#pingTimer = this.#clock.timer(pingEveryMs, () => {
      if (this.#redis.status === "ready") this.#redis.ping().catch(() => {});
      this.#ping();
    });
  }

  /**
   * Runs one command or script. A lost connection is waited for shortly, and the operation is repeated. While Redis is away an
   * operation fails at once.
   * @param what for the error: "acquire lease x"
   * @param options isRepeatable: default true. isRead: changes nothing, default false
   * @throws {StateError} STATE_UNAVAILABLE, STATE_CLOSED
   */
  async run<T>(
    what: string,
    operation: (redis: Redis) => Promise<T>,
    { isRepeatable = true, isRead = false } = {},
  ): Promise<T> {
    const end = this.#clock.monotonicMs() + this.#limits.operationTimeoutMs;
    for (let attempt = 1; ; attempt++) {
      if (this.#isClosed) throw new StateError("STATE_CLOSED", `Cannot ${what}: the state is closed`);
      if (this.#redis.status !== "ready" && !(await this.#hope?.promise)) throw this.#unavailable(what);
      try {
        const result = await operation(this.#redis);
        if (!isRead) this.#refusal = undefined; // A full or demoted Redis still reads.
        return result;
      } catch (error) {
        const code = replyCode(error);
        if (code !== undefined) this.#refusal = toError(error).message;
        const isLost = code === undefined;
        const isOver = !isRepeatable || attempt === maxAttempts || this.#clock.monotonicMs() >= end;
        if (isOver || !(isLost || passing.has(code))) {
          throw this.#unavailable(what, error, isLost || passing.has(code) || refusals.has(code));
        }
        // A lost connection is waited for above. After an error of Redis the next attempt needs a pause.
        if (this.#redis.status === "ready") await this.#clock.sleep(backoffMs(attempt, { maxDelayMs: 200 }));
      }
    }
  }

  #unavailable(what: string, cause?: unknown, retryable = true): StateError {
    const reason = cause === undefined ? this.#away() : `${this.#where} answered: ${toError(cause).message}`;
    return new StateError("STATE_UNAVAILABLE", `Cannot ${what}: ${reason}`, { retryable, cause });
  }

  #away(): string {
    const since = new Date(this.#awaySinceMs ?? this.#clock.nowMs()).toISOString();
    return `Redis at ${this.#where} has been away since ${since}: ${this.#lastError}`;
  }

  get isAvailable(): boolean {
    return this.#redis.status === "ready" && this.#refusal === undefined;
  }

  /** Sentences for an operator. */
  problems(): string[] {
    if (this.#redis.status !== "ready") return [this.#away()];
    return this.#refusal === undefined ? [] : [`Redis at ${this.#where} refuses commands: ${this.#refusal}`];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pingTimer?.[Symbol.dispose]();
    this.#loseHope();
    this.#redis.disconnect();
    // A Redis that stands still never answers the end of a connection.
    this.#redis.stream?.destroy();
  }
}

import type { CloudEvent } from "@fairlead/core";
import type { Bus, BusHealth, LoggedEvent, TailOptions } from "../bus.ts";
import { BusError, busErrorFrom, largerThanPending } from "../errors.ts";
import { type BusAnswer, type BusCall, type BusPort, eventCost, Outbox, openEnvelope } from "./protocol.ts";
import { RemoteTailQueue } from "./remote-tail.ts";

export interface IpcBusOptions {
  /** The owner must answer the first call within this. Default 10,000. */
  readonly openTimeoutMs?: number;
  /** More events that wait for the owner's answer get BUS_OVERLOADED. Default 100,000. */
  readonly maxPendingEvents?: number;
  /** More bytes that wait for the owner's answer get BUS_OVERLOADED. Default 64 MiB. */
  readonly maxPendingBytes?: number;
}

interface Pending {
  readonly cost: number;
  resolve(): void;
  reject(error: Error): void;
}

/** The bus of another process, over the channel to it. */
class IpcBus implements Bus {
  readonly #port: BusPort;
  readonly #outbox: Outbox<BusCall>;
  readonly #maxPendingEvents: number;
  readonly #maxPendingBytes: number;
  readonly #pending = new Map<number, Pending>();
  readonly #tails = new Map<number, RemoteTailQueue>();
  readonly #opened = Promise.withResolvers<void>();
  #idle: (() => void) | undefined;
  #nextSeq = 1;
  #nextTail = 1;
  #pendingBytes = 0;
  #health: BusHealth | undefined;
  #lost: BusError | undefined;
  #closing: Promise<void> | undefined;

  constructor(port: BusPort, options: IpcBusOptions) {
    this.#port = port;
    this.#maxPendingEvents = options.maxPendingEvents ?? 100_000;
    this.#maxPendingBytes = options.maxPendingBytes ?? 64 << 20;
    this.#outbox = new Outbox(port, this.#onLost);
    port.on("message", this.#onMessage);
    port.on("disconnect", this.#onLost);
  }

  async open(timeoutMs: number): Promise<this> {
    const timer = setTimeout(() => {
      const state = `the owner did not answer within ${timeoutMs} ms`;
      this.#opened.reject(new BusError("BUS_FAILED", `Cannot use the bus of the owner process: ${state}`));
    }, timeoutMs);
    this.#outbox.push({ kind: "hello" });
    try {
      await this.#opened.promise;
    } catch (error) {
      this.#detach();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return this;
  }

  publish(event: CloudEvent): Promise<void> {
    const cost = eventCost(event);
    const isTooLarge = cost > this.#maxPendingBytes;
    const refusal = isTooLarge
      ? largerThanPending(event.type, cost, this.#maxPendingBytes)
      : this.#refusal(cost);
    if (refusal) return Promise.reject(refusal);
    const seq = this.#nextSeq++;
    this.#pendingBytes += cost;
    // The data is serialized at the end of this turn; the caller keeps it unchanged until the promise settles.
    this.#outbox.push({ kind: "publish", seq, event });
    return new Promise((resolve, reject) => this.#pending.set(seq, { cost, resolve, reject }));
  }

  tail({ after, types, follow, signal }: TailOptions): AsyncIterable<LoggedEvent> {
    const refusal = this.#refusal(0);
    if (refusal) throw refusal;
    const id = this.#nextTail++;
    const queue = new RemoteTailQueue((bytes) => this.#outbox.push({ kind: "credit", id, bytes }));
    const options = { after, ...(types ? { types } : {}), ...(follow === undefined ? {} : { follow }) };
    this.#tails.set(id, queue);
    // Asked now, not at the first step of the iteration: `after: "end"` means the end at the time of the call.
    this.#outbox.push({ kind: "tail", id, options });
    const stop = () => {
      if (this.#tails.delete(id)) this.#outbox.push({ kind: "stop", id });
      queue.end();
    };
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    return {
      [Symbol.asyncIterator]: async function* () {
        try {
          yield* queue.take(signal);
        } finally {
          signal?.removeEventListener("abort", stop);
          stop();
        }
      },
    };
  }

  health(): BusHealth {
    const health = this.#health!;
    const pending = { pendingEvents: this.#pending.size, pendingBytes: this.#pendingBytes };
    const lost = this.#refusal(0);
    if (lost === undefined) return { ...health, ...pending };
    return {
      ...health,
      ...pending,
      canAccept: false,
      isDegraded: true,
      problems: [lost.message, ...health.problems],
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#pending.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    for (const [id, queue] of this.#tails) {
      this.#outbox.push({ kind: "stop", id });
      queue.end(this.#closedError());
    }
    this.#tails.clear();
    this.#outbox.flush();
    this.#detach();
  }

  #detach(): void {
    this.#outbox.close();
    this.#port.off("message", this.#onMessage);
    this.#port.off("disconnect", this.#onLost);
  }

  readonly #onMessage = (message: unknown): void => {
    for (const answer of openEnvelope<BusAnswer>(message) ?? []) this.#onAnswer(answer);
  };

  #onAnswer(answer: BusAnswer): void {
    switch (answer.kind) {
      case "health":
        this.#health = answer.health;
        this.#opened.resolve();
        return;
      case "outcome": {
        const pending = this.#pending.get(answer.seq);
        if (pending === undefined) return;
        this.#pending.delete(answer.seq);
        this.#pendingBytes -= pending.cost;
        if (answer.error) pending.reject(busErrorFrom(answer.error));
        else pending.resolve();
        if (this.#pending.size === 0) this.#idle?.();
        return;
      }
      case "event":
        this.#tails.get(answer.id)?.push(answer.logged);
        return;
      case "ended":
        this.#tails.get(answer.id)?.end(answer.error && busErrorFrom(answer.error));
        this.#tails.delete(answer.id);
    }
  }

  readonly #onLost = (): void => {
    if (this.#lost) return;
    const error = new BusError(
      "BUS_FAILED",
      "Cannot use the bus of the owner process: the channel to it is closed",
    );
    this.#lost = error;
    this.#opened.reject(error);
    // Nobody may be waiting for the opening any more.
    this.#opened.promise.catch(() => {});
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#pendingBytes = 0;
    for (const queue of this.#tails.values()) queue.end(error);
    this.#tails.clear();
    this.#detach();
    this.#idle?.();
  };

  #refusal(cost: number): BusError | undefined {
    if (this.#closing) return this.#closedError();
    if (this.#lost) return this.#lost;
    if (cost === 0) return undefined;
    if (this.#pending.size < this.#maxPendingEvents && this.#pendingBytes + cost <= this.#maxPendingBytes) {
      return undefined;
    }
    const state = `${this.#pending.size} events and ${this.#pendingBytes} bytes wait for the owner's answer`;
    const limit = `the limits are ${this.#maxPendingEvents} and ${this.#maxPendingBytes}`;
    return new BusError("BUS_OVERLOADED", `Cannot publish an event: ${state}, ${limit}`);
  }

  #closedError(): BusError {
    return new BusError("BUS_CLOSED", "Cannot use the bus of the owner process: it is closed here");
  }
}

/**
 * The bus of the owner process, for a worker process that was made with `fork(..., { serialization: "advanced" })` and
 * is served by `serveBus`. Order, errors and guarantees are those of the owner's bus; when the owner dies everything
 * rejects with BUS_FAILED. Disposing leaves the channel itself open.
 * @param port `process` in the worker
 * @throws {BusError} BUS_FAILED when the owner is gone or does not serve a bus
 */
export async function openIpcBus(port: BusPort, options: IpcBusOptions = {}): Promise<Bus> {
  return await new IpcBus(port, options).open(options.openTimeoutMs ?? 10_000);
}

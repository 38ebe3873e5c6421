import { setImmediate } from "node:timers";
import type { CloudEvent } from "@fairlead/contracts";
import { matchesTopic, routingKey } from "@fairlead/contracts/names";
import type { Bus, BusHealth, LoggedEvent, TailOptions } from "../src/bus.ts";
import { BusError, type BusErrorCode } from "../src/errors.ts";

export interface MemoryBusOptions {
  /** The log of a bus before this one; the new bus goes on with the same array. Default: an empty log. */
  readonly events?: CloudEvent[];
  /** Bytes of the data of one event. A larger event gets EVENT_TOO_LARGE. Default 16 MiB. */
  readonly maxEventBytes?: number;
  /** More events waiting to be durable get BUS_OVERLOADED. Default 100,000. */
  readonly maxPendingEvents?: number;
  /** More bytes of data waiting to be durable get BUS_OVERLOADED. Default 64 MiB. */
  readonly maxPendingBytes?: number;
}

/** One call of publish. A test may decide how the call ends; only the first decision counts. */
export interface Attempt {
  readonly event: CloudEvent;
  /** Makes the event durable. */
  confirm(): void;
  refuse(error: Error): void;
}

/**
 * A bus in memory, for tests. Every publish becomes durable one turn of the event loop later, unless the test refuses the
 * event or holds the bus back. The bus keeps the contract of `Bus`: disposing waits for what is held back.
 */
export class MemoryBus implements Bus {
  /** The durable events in the order of the log. The event at index n has the offset n + 1. */
  readonly events: CloudEvent[];
  /** All calls of publish in their order, repeats and refused ones included. */
  readonly attempts: Attempt[] = [];
  /** Is asked just before an event would become durable; a code refuses the event. `health` does not tell of this. */
  refuse: ((event: CloudEvent) => BusErrorCode | undefined) | undefined;
  /** What `health` says in the place of the facts; undefined leaves a fact out. */
  condition: { readonly [Fact in keyof BusHealth]?: BusHealth[Fact] | undefined } = {};
  /** A tail that has given the last event ends with this error. */
  tailFailure: Error | undefined;
  readonly #limits: Required<Omit<MemoryBusOptions, "events">>;
  readonly #pending = new Set<Attempt>();
  readonly #watchers = new Set<() => void>();
  #pendingBytes = 0;
  #isHeld = false;
  #isClosed = false;

  constructor(options: MemoryBusOptions = {}) {
    const { events = [], maxEventBytes = 16 << 20, maxPendingEvents = 100_000 } = options;
    const { maxPendingBytes = 64 << 20 } = options;
    this.events = events;
    this.#limits = { maxEventBytes, maxPendingEvents, maxPendingBytes };
  }

  publish(event: CloudEvent): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = (settle: () => void) => {
      if (!this.#pending.delete(attempt)) return;
      this.#pendingBytes -= event.data.length;
      settle();
      this.#tell();
    };
    const attempt: Attempt = {
      event,
      confirm: () =>
        end(() => {
          // The data is the caller's again once publish has ended.
          this.events.push({ ...event, data: Buffer.from(event.data) });
          resolve();
        }),
      refuse: (error) => end(() => reject(error)),
    };
    this.attempts.push(attempt);
    this.#pending.add(attempt);
    this.#pendingBytes += event.data.length;
    const refusal = this.#refusalOf(event);
    if (refusal !== undefined) attempt.refuse(refusal);
    else {
      setImmediate(() => this.#isHeld || this.#settle(attempt));
      this.#tell();
    }
    return promise;
  }

  #refusalOf({ data }: CloudEvent): BusError | undefined {
    const { maxEventBytes, maxPendingEvents, maxPendingBytes } = this.#limits;
    if (this.#isClosed) return closed("publish");
    if (data.length > Math.min(maxEventBytes, maxPendingBytes))
      return new BusError("EVENT_TOO_LARGE", `Cannot publish: the event has ${data.length} bytes`);
    if (this.#pending.size > maxPendingEvents || this.#pendingBytes > maxPendingBytes)
      return new BusError("BUS_OVERLOADED", `Cannot publish: ${this.#pending.size - 1} events are pending`);
    return undefined;
  }

  #settle(attempt: Attempt): void {
    if (!this.#pending.has(attempt)) return;
    const code = this.refuse?.(attempt.event);
    if (code === undefined) attempt.confirm();
    else attempt.refuse(new BusError(code, `Cannot publish: the test says ${code}`));
  }

  /** Holds back every publish that has not ended, until `release` or a decision of its own. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const attempt of [...this.#pending]) this.#settle(attempt);
  }

  /** Resolves when the condition holds, asked at the beginning and at the end of every publish. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const watch = () => {
        if (!condition()) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
    });
  }

  /** Resolves when so many publishes have not ended. */
  pending(count: number): Promise<void> {
    return this.until(() => this.#pending.size >= count);
  }

  /** The first events of a routing key, as soon as there are so many. */
  async first(key: string, count: number): Promise<CloudEvent[]> {
    const found = () => this.events.filter(({ type }) => routingKey(type) === key);
    await this.until(() => found().length >= count);
    return found().slice(0, count);
  }

  #tell(): void {
    for (const watch of this.#watchers) watch();
  }

  tail({ after, types, follow = true, signal }: TailOptions): AsyncIterable<LoggedEvent> {
    if (this.#isClosed) throw closed("tail");
    const first = after === "end" ? this.events.length : after;
    return this.#tail(first, follow ? Number.POSITIVE_INFINITY : this.events.length, types ?? ["#"], signal);
  }

  async *#tail(first: number, end: number, types: readonly string[], signal?: AbortSignal) {
    const tell = () => this.#tell();
    signal?.addEventListener("abort", tell);
    try {
      for (let index = first; index < end && !signal?.aborted; ) {
        if (this.#isClosed) throw closed("tail");
        const event = this.events[index];
        if (event !== undefined) {
          const offset = ++index;
          if (types.some((pattern) => matchesTopic(pattern, routingKey(event.type)))) yield { offset, event };
        } else if (this.tailFailure) throw this.tailFailure;
        else await this.until(() => this.#isClosed || signal?.aborted || this.events.length > index);
      }
    } finally {
      signal?.removeEventListener("abort", tell);
    }
  }

  health(): BusHealth {
    return {
      canAccept: !this.#isClosed,
      isDegraded: false,
      problems: [],
      lastOffset: this.events.length,
      firstOffset: 1,
      pendingEvents: this.#pending.size,
      pendingBytes: this.#pendingBytes,
      ...this.condition,
    } as BusHealth;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#tell();
    await this.until(() => this.#pending.size === 0);
  }
}

const closed = (verb: string) => new BusError("BUS_CLOSED", `Cannot ${verb}: the bus is closed`);

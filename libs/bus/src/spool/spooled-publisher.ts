/**
 * Publishing that does not depend on the broker being there (docs/explanation/architecture.md, How publishing stays durable).
 *
 * `direct`: events go to the broker and are durable when it confirms. At the first trouble everything without an outcome goes to
 * the spool, in order, and `spool` begins: new events go behind what is spooled, while the spool is emptied into the broker.
 * When little is left, new events wait in memory instead (`handover`) until the spool is empty; then it is `direct` again.
 * So for every producer the order stays, and no event is released without a confirm or an fsync.
 */
import type { CloudEvent } from "@fairlead/contracts";
import { type Clock, Fifo } from "@fairlead/core";
import type { Outgoing, Publisher } from "../amqp/publisher.ts";
import { BusError, largerThanPending } from "../errors.ts";
import { type Backlog, Emptier } from "./empty.ts";
import type { SpoolStore } from "./store.ts";

/** A publish that waits for its outcome. */
interface Waiter extends Outgoing {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** On its way to the broker: from a caller, or from the spool with its offset there. */
export type SpoolItem = (Waiter & { readonly offset?: undefined }) | (Outgoing & { readonly offset: number });

export interface SpooledPublisherOptions {
  readonly store: SpoolStore;
  /** Pending at most, over all callers; more get BUS_OVERLOADED. */
  readonly maxPendingEvents: number;
  readonly maxPendingBytes: number;
  /** Bytes per second at most that the spool sends; undefined: as fast as the broker confirms. */
  readonly maxBytesPerSecond?: number | undefined;
  readonly clock: Clock;
}

export type SpoolMode = "direct" | "spool" | "handover";

/** With no more than this left in the spool, new events wait for it to be empty. */
const handoverEvents = 256;
/** Handed on in one turn of the loop: encoding more would stall it. */
const eventsPerTurn = 128;
const bytesPerTurn = 4 << 20;
/** While the broker takes the spool, new events may stand in it for half of what it took, and for this much beforehand. */
const creditBytes = 16 << 20;

export class SpooledPublisher implements AsyncDisposable {
  readonly #options: SpooledPublisherOptions;
  readonly #publisher: Pick<Publisher<SpoolItem>, "hasRoom" | "send" | "isReady">;
  readonly #emptier: Emptier;
  /** Wait for room in the window (direct), for the spool to be empty (handover) or for their turn. Bounded by maxPending. */
  readonly #queue = new Fifo<Waiter>();
  // Direct only once the broker has shown itself: until then everything goes to the spool.
  #mode: SpoolMode = "spool";
  #pendingEvents = 0;
  #pendingBytes = 0;
  #appending = 0;
  #credit = 0;
  #nextTurn: NodeJS.Immediate | undefined;
  #isClosing = false;
  #idle: (() => void) | undefined;

  constructor(
    options: SpooledPublisherOptions,
    publisher: Pick<Publisher<SpoolItem>, "hasRoom" | "send" | "isReady">,
    backlog: Backlog,
  ) {
    this.#options = options;
    this.#publisher = publisher;
    this.#emptier = new Emptier(options, publisher, backlog, {
      onProgress: () => this.#onEmptied(),
      isHurried: () => this.#mode === "handover",
    });
  }

  get mode(): SpoolMode {
    return this.#mode;
  }

  get pending(): { readonly events: number; readonly bytes: number } {
    return { events: this.#pendingEvents, bytes: this.#pendingBytes };
  }

  /** Events in the spool, and since when there are any, milliseconds since the epoch. */
  get backlog(): { readonly events: number; readonly sinceMs: number | undefined } {
    return { events: this.#emptier.events, sinceMs: this.#emptier.backlogSinceMs };
  }

  /** Resolves when the broker has confirmed the event or the spool has it on disk. @throws {BusError} */
  publish(event: CloudEvent): Promise<void> {
    if (this.#isClosing)
      return Promise.reject(new BusError("BUS_CLOSED", "Cannot publish: the bus is closed"));
    const bytes = event.data.length;
    const { maxPendingEvents, maxPendingBytes } = this.#options;
    if (bytes > maxPendingBytes) return Promise.reject(largerThanPending(event.type, bytes, maxPendingBytes));
    if (this.#pendingEvents >= maxPendingEvents || this.#pendingBytes + bytes > maxPendingBytes) {
      const state = `${this.#pendingEvents} events and ${this.#pendingBytes} bytes wait to be durable`;
      const limit = `the limits are ${maxPendingEvents} and ${maxPendingBytes}`;
      return Promise.reject(new BusError("BUS_OVERLOADED", `Cannot publish an event: ${state}, ${limit}`));
    }
    this.#pendingEvents++;
    this.#pendingBytes += bytes;
    return new Promise<void>((resolve, reject) => {
      this.#queue.push({ event, resolve, reject });
      this.#pump();
    });
  }

  /** Sends on what waits, as far as the mode lets it. */
  #pump(): void {
    if (this.#mode === "handover" || this.#nextTurn !== undefined) return;
    let events = 0;
    let bytes = 0;
    for (let waiter = this.#queue.peek(); waiter !== undefined; waiter = this.#queue.peek()) {
      if (!this.#mayHandOn(waiter)) return;
      if (events >= eventsPerTurn || bytes >= bytesPerTurn) {
        this.#nextTurn = setImmediate(() => {
          this.#nextTurn = undefined;
          this.#pump();
        });
        return;
      }
      events++;
      bytes += waiter.event.data.length;
      this.#queue.shift();
      if (this.#mode === "direct") this.#publisher.send(waiter);
      else this.#append(waiter);
    }
  }

  #mayHandOn({ event }: Waiter): boolean {
    return this.#mode === "direct" ? this.#publisher.hasRoom(event.data.length) : this.#mayAppend();
  }

  /** Producers that are faster than the broker would keep the spool from ever being empty. Who sets a rate has asked for that. */
  #mayAppend(): boolean {
    return !this.#publisher.isReady || this.#options.maxBytesPerSecond !== undefined || this.#credit > 0;
  }

  #append(waiter: Waiter): void {
    this.#appending++;
    this.#credit -= waiter.event.data.length + 1;
    this.#options.store.append(waiter.event).then(
      (offset) => {
        this.#appending--;
        this.#emptier.appended(offset);
        this.#settle(waiter);
      },
      (error: Error) => {
        this.#appending--;
        this.#settle(waiter, error);
        this.#onEmptied();
      },
    );
  }

  #settle(waiter: Waiter, error?: Error): void {
    this.#pendingEvents--;
    this.#pendingBytes -= waiter.event.data.length;
    if (error === undefined) waiter.resolve();
    else waiter.reject(error);
    if (this.#pendingEvents === 0) this.#idle?.();
  }

  /** The publisher's onReady. */
  ready(): void {
    this.#credit = creditBytes;
    this.#emptier.start();
    this.#onEmptied();
  }

  /** The publisher's onConfirmed. */
  confirmed(items: readonly SpoolItem[]): void {
    let confirmedThrough: number | undefined;
    let count = 0;
    for (const item of items) {
      if (item.offset === undefined) {
        this.#settle(item);
        continue;
      }
      confirmedThrough = item.offset;
      count++;
      this.#credit = Math.min(creditBytes, this.#credit + (item.event.data.length + 1) / 2);
    }
    if (confirmedThrough !== undefined) this.#emptier.confirmed(confirmedThrough, count);
    this.#pump();
  }

  /** The publisher's onTrouble: what came from callers goes to the spool in order, what came from the spool is still there. */
  trouble(abandoned: readonly SpoolItem[]): void {
    this.#emptier.stop();
    this.#mode = "spool";
    this.#queue.prepend(abandoned.filter((item) => item.offset === undefined));
    this.#pump();
  }

  /** Looks whether the spool is empty, or nearly. */
  #onEmptied(): void {
    if (!this.#publisher.isReady || this.#mode === "direct") return;
    const left = this.#emptier.left + this.#appending;
    if (left > handoverEvents) return;
    this.#mode = left === 0 ? "direct" : "handover";
    if (left === 0) {
      this.#emptier.stop();
      this.#pump();
    }
  }

  /**
   * Refuses new events and resolves when every pending one has its outcome: from the broker if it confirms within `patienceMs`,
   * else from the spool.
   * @param abandon makes the publisher give up what is unconfirmed
   */
  async close(patienceMs: number, abandon: () => void): Promise<void> {
    this.#isClosing = true;
    if (this.#pendingEvents === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    using _patience = this.#options.clock.timer(patienceMs, abandon);
    await idle;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#emptier[Symbol.asyncDispose]();
  }
}

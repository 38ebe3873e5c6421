/**
 * Publishing that does not depend on the broker being there (architecture.md, How publishing stays durable).
 *
 * `direct`: events go to the broker and are durable when it confirms. At the first trouble everything without an outcome goes to
 * the spool, in order, and `spool` begins: new events go behind what is spooled, and the drain sends the spool to the broker.
 * When little is left, new events wait in memory instead (`handover`) until the spool is empty; then it is `direct` again.
 * So for every producer the order stays, and no event is released without a confirm or an fsync.
 */
import type { Clock, CloudEvent } from "@fairlead/core";
import type { Outgoing, Publisher } from "../amqp/publisher.ts";
import { BusError } from "../errors.ts";
import { Drain } from "./drain.ts";
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
  /** Bytes per second that the drain sends at most; undefined: as fast as the broker confirms. */
  readonly drainBytesPerSecond?: number | undefined;
  readonly clock: Clock;
}

export type SpoolMode = "direct" | "spool" | "handover";

/** With no more than this left in the spool, new events wait for it to be empty. */
const handoverEvents = 256;

export class SpooledPublisher implements AsyncDisposable {
  readonly #options: SpooledPublisherOptions;
  readonly #publisher: Pick<Publisher<SpoolItem>, "hasRoom" | "send" | "isReady">;
  readonly #drain: Drain;
  /** Wait for room in the window (direct) or for the spool to be empty (handover). Bounded by maxPending. */
  #queue: Waiter[] = [];
  #mode: SpoolMode;
  #pendingEvents = 0;
  #pendingBytes = 0;
  #appending = 0;
  #isClosing = false;
  #idle: (() => void) | undefined;

  constructor(
    options: SpooledPublisherOptions,
    publisher: Pick<Publisher<SpoolItem>, "hasRoom" | "send" | "isReady">,
    /** Events that the last run left in the spool. */
    backlog: { readonly drainedThrough: number; readonly sinceMs: number | undefined },
  ) {
    this.#options = options;
    this.#publisher = publisher;
    this.#drain = new Drain(options, publisher, backlog, () => this.#onDrained());
    // Direct only once the broker has shown itself: until then everything goes to the spool.
    this.#mode = "spool";
  }

  get mode(): SpoolMode {
    return this.#mode;
  }

  get pending(): { readonly events: number; readonly bytes: number } {
    return { events: this.#pendingEvents, bytes: this.#pendingBytes };
  }

  /** Events in the spool, and since when there are any, milliseconds since the epoch. */
  get backlog(): { readonly events: number; readonly sinceMs: number | undefined } {
    return { events: this.#drain.left + this.#appending, sinceMs: this.#drain.backlogSinceMs };
  }

  /** Resolves when the broker has confirmed the event or the spool has it on disk. @throws {BusError} */
  publish(event: CloudEvent): Promise<void> {
    if (this.#isClosing)
      return Promise.reject(new BusError("BUS_CLOSED", "Cannot publish: the bus is closed"));
    const bytes = event.data.length;
    const { maxPendingEvents, maxPendingBytes } = this.#options;
    if (this.#pendingEvents >= maxPendingEvents || this.#pendingBytes + bytes > maxPendingBytes) {
      const state = `${this.#pendingEvents} events with ${this.#pendingBytes} bytes wait to be durable`;
      return Promise.reject(
        new BusError("BUS_OVERLOADED", `Cannot publish: ${state}, and the limit is reached`, {
          retryable: true,
        }),
      );
    }
    this.#pendingEvents++;
    this.#pendingBytes += bytes;
    const outcome = new Promise<void>((resolve, reject) => this.#accept({ event, resolve, reject }));
    return outcome.finally(() => {
      this.#pendingEvents--;
      this.#pendingBytes -= bytes;
      if (this.#pendingEvents === 0) this.#idle?.();
    });
  }

  #accept(waiter: Waiter): void {
    if (this.#mode === "spool") this.#append(waiter);
    else if (this.#mode === "direct" && this.#queue.length === 0 && this.#hasRoom(waiter))
      this.#publisher.send(waiter);
    else this.#queue.push(waiter);
  }

  #hasRoom({ event }: Outgoing): boolean {
    return this.#publisher.hasRoom(event.data.length);
  }

  #append(waiter: Waiter): void {
    this.#appending++;
    this.#options.store.append(waiter.event).then(
      (offset) => {
        this.#appending--;
        this.#drain.appended(offset);
        waiter.resolve();
      },
      (error: Error) => {
        this.#appending--;
        waiter.reject(error);
        this.#onDrained();
      },
    );
  }

  /** The publisher's onReady. */
  ready(): void {
    this.#drain.start();
    this.#onDrained();
  }

  /** The publisher's onConfirmed. */
  confirmed(items: readonly SpoolItem[]): void {
    let drainedThrough: number | undefined;
    for (const item of items) {
      if (item.offset === undefined) item.resolve();
      else drainedThrough = item.offset;
    }
    if (drainedThrough !== undefined) this.#drain.confirmed(drainedThrough);
    this.#pump();
  }

  /** The publisher's onTrouble: what came from callers goes to the spool in order, what came from the spool is still there. */
  trouble(abandoned: readonly SpoolItem[]): void {
    this.#drain.stop();
    this.#mode = "spool";
    for (const item of abandoned) if (item.offset === undefined) this.#append(item);
    const queued = this.#queue;
    this.#queue = [];
    for (const waiter of queued) this.#append(waiter);
  }

  /** Looks whether the spool is empty, or nearly. */
  #onDrained(): void {
    if (!this.#publisher.isReady || this.#mode === "direct") return;
    const left = this.#drain.left + this.#appending;
    if (left > handoverEvents) return;
    this.#mode = left === 0 ? "direct" : "handover";
    if (left === 0) {
      this.#drain.stop();
      this.#pump();
    }
  }

  #pump(): void {
    if (this.#mode !== "direct") return;
    let sent = 0;
    for (const waiter of this.#queue) {
      if (!this.#hasRoom(waiter)) break;
      this.#publisher.send(waiter);
      sent++;
    }
    if (sent > 0) this.#queue.splice(0, sent);
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
    await this.#drain[Symbol.asyncDispose]();
  }
}

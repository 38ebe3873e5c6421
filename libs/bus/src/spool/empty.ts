/** Empties the spool: sends it to the broker, oldest first, and lets go of what the broker has confirmed. */
import { setImmediate as turn } from "node:timers/promises";
import { type Clock, type CloudEvent, Fifo } from "@fairlead/core";
import type { SpoolPortion, SpoolStore } from "./store.ts";

/** Sent in one turn of the loop: encoding more would stall it. A portion of the store bounds the bytes. */
const eventsPerTurn = 128;

/** Where the events go. */
interface Target {
  hasRoom(bytes: number): boolean;
  send(item: { readonly event: CloudEvent; readonly offset: number }): void;
}

export interface EmptierOptions {
  readonly store: SpoolStore;
  readonly maxBytesPerSecond?: number | undefined;
  readonly clock: Clock;
}

export interface EmptierHooks {
  /** Something was confirmed, or passed over. */
  readonly onProgress: () => void;
  /** True while others wait for an empty spool: then there is no limit to the rate. */
  readonly isHurried: () => boolean;
}

/** What the last run left in the spool. */
export interface Backlog {
  /** Up to this offset the broker has every event that is not damaged. */
  readonly confirmedThrough: number;
  /** Since when the oldest waits, milliseconds since the epoch; undefined: nothing waits. */
  readonly sinceMs: number | undefined;
}

/**
 * Between two deletions, in milliseconds: each costs an fsync, which the broker's own would wait for where both share a disk.
 * What a restart comes before is sent again. Also the pause after a refused one.
 */
const deleteEveryMs = 500;

export class Emptier implements AsyncDisposable {
  readonly #options: EmptierOptions;
  readonly #target: Target;
  readonly #hooks: EmptierHooks;
  #appendedThrough: number;
  #confirmedThrough: number;
  #events: number;
  #backlogSinceMs: number | undefined;
  #running: AbortController | undefined;
  #stopped: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #deleting: Promise<void> | undefined;
  #deletedThrough: number;
  #nextDelete: Disposable | undefined;
  /** Of this run: the last offset sent, and up to where all that the store has was sent or is damaged. Neither goes back. */
  #lastSent = 0;
  #scannedThrough = 0;
  #nextAtMs = 0;
  /** What was read and is not confirmed as a whole, oldest first: its memory is used again then. */
  readonly #portions = new Fifo<SpoolPortion>();

  constructor(options: EmptierOptions, target: Target, backlog: Backlog, hooks: EmptierHooks) {
    this.#options = options;
    this.#target = target;
    this.#hooks = hooks;
    this.#confirmedThrough = backlog.confirmedThrough;
    // Of what lies before the oldest event nothing is left to delete.
    this.#deletedThrough = backlog.confirmedThrough;
    this.#appendedThrough = Math.max(backlog.confirmedThrough, options.store.lastOffset);
    this.#events = this.left === 0 ? 0 : options.store.storedEvents;
    this.#backlogSinceMs = backlog.sinceMs;
  }

  /** Offsets that the broker has not confirmed: 0 when nothing waits, else at least the events that wait. */
  get left(): number {
    return this.#appendedThrough - this.#confirmedThrough;
  }

  /** Events that wait for the broker. */
  get events(): number {
    return this.#events;
  }

  get backlogSinceMs(): number | undefined {
    return this.left > 0 ? this.#backlogSinceMs : undefined;
  }

  appended(offset: number): void {
    if (this.left === 0) this.#backlogSinceMs = this.#options.clock.nowMs();
    this.#appendedThrough = Math.max(this.#appendedThrough, offset);
    this.#events++;
    this.#wake?.();
  }

  /** @param count events that this confirms, of those up to `through` */
  confirmed(through: number, count: number): void {
    const reached = through >= this.#lastSent ? Math.max(through, this.#scannedThrough) : through;
    this.#confirmedThrough = Math.max(this.#confirmedThrough, reached);
    this.#events = this.left === 0 ? 0 : Math.max(1, this.#events - count);
    this.#wake?.();
    this.#recycle();
    this.#release();
    this.#hooks.onProgress();
  }

  #recycle(): void {
    for (let portion = this.#portions.peek(); portion; portion = this.#portions.peek()) {
      if (portion.events.at(-1)!.offset > this.#confirmedThrough) return;
      this.#portions.shift();
      this.#options.store.recycle(portion);
    }
  }

  /** One delete at a time, and at once when the spool is empty. */
  #release(): void {
    if (this.#deleting !== undefined || this.#deletedThrough >= this.#confirmedThrough) return;
    if (this.left > 0 && this.#nextDelete !== undefined) return;
    const through = this.#confirmedThrough;
    this.#pauseDeletes();
    this.#deleting = this.#options.store.deleteThrough(through).then(
      () => {
        this.#deletedThrough = through;
        this.#deleting = undefined;
        if (this.left === 0 || this.#nextDelete === undefined) this.#release();
      },
      () => {
        this.#deleting = undefined;
        if (this.#nextDelete === undefined) this.#pauseDeletes();
      },
    );
  }

  #pauseDeletes(): void {
    this.#stopPause();
    this.#nextDelete = this.#options.clock.timer(deleteEveryMs, () => {
      this.#nextDelete = undefined;
      this.#release();
    });
  }

  #stopPause(): void {
    this.#nextDelete?.[Symbol.dispose]();
    this.#nextDelete = undefined;
  }

  /** Begins at the oldest unconfirmed event; runs until `stop`. */
  start(): void {
    this.stop();
    const controller = new AbortController();
    this.#running = controller;
    const before = this.#stopped;
    this.#stopped = before.then(() => this.#run(controller.signal));
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#wake?.();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    this.#lastSent = this.#confirmedThrough;
    this.#scannedThrough = this.#confirmedThrough;
    // Of an earlier connection, which may still hold them: left to the garbage collector.
    this.#portions.clear();
    while (!signal.aborted) {
      try {
        if (store.lastOffset > this.#scannedThrough) await this.#sendPortion(signal);
        else await this.#change(signal);
      } catch {
        // The store restarts its thread by itself; what was sent is passed over, it has an outcome or `start` begins anew.
        this.#scannedThrough = Math.max(this.#scannedThrough, this.#lastSent);
        await clock.sleep(200, signal).catch(() => {});
      }
    }
  }

  /** A portion reaches as far as the store does by then, and the next one begins behind it: nothing is sent twice. */
  async #sendPortion(signal: AbortSignal): Promise<void> {
    const portion = await this.#options.store.readPortion(this.#scannedThrough);
    if (portion.events.length > 0) this.#portions.push(portion);
    await this.#sendAll(portion.events, signal);
    if (signal.aborted) return;
    this.#scannedThrough = Math.max(this.#scannedThrough, portion.scannedThrough);
    // Rows that were damaged are never sent; having passed them counts once all before them is confirmed.
    if (this.#lastSent <= this.#confirmedThrough) this.confirmed(this.#scannedThrough, 0);
  }

  async #sendAll(portion: SpoolPortion["events"], signal: AbortSignal): Promise<void> {
    let events = 0;
    for (const { offset, event } of portion) {
      if (++events % eventsPerTurn === 0) await turn();
      while (!signal.aborted && !this.#target.hasRoom(event.data.length)) await this.#change(signal);
      if (signal.aborted) return;
      this.#lastSent = offset;
      this.#target.send({ event, offset });
      await this.#keepRate(event.data.length, signal);
    }
  }

  async #keepRate(bytes: number, signal: AbortSignal): Promise<void> {
    const { clock, maxBytesPerSecond } = this.#options;
    if (maxBytesPerSecond === undefined || this.#hooks.isHurried()) return;
    const now = clock.monotonicMs();
    this.#nextAtMs = Math.max(this.#nextAtMs, now) + (bytes / maxBytesPerSecond) * 1_000;
    // Below a timer's own grain a wait would only make it slower.
    if (this.#nextAtMs - now > 20) await clock.sleep(this.#nextAtMs - now, signal).catch(() => {});
  }

  /** Until something was confirmed or appended, or `stop` was called. */
  #change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#stopped;
    // What was confirmed is forgotten now, or it would be sent again.
    this.#stopPause();
    this.#release();
    while (this.#deleting !== undefined) await this.#deleting;
    this.#stopPause();
  }
}

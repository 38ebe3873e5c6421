/** Empties the spool: sends it to the broker, oldest first, and lets go of what the broker has confirmed. */
import { setImmediate as turn } from "node:timers/promises";
import type { CloudEvent } from "@fairlead/contracts";
import { type Clock, Fifo, WakeUp } from "@fairlead/core";
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
 * Time between two deletions, in milliseconds, also after a refused one. Each deletion costs an fsync, for which the broker's own fsyncs
 * would wait where both share a disk. Confirmed events that are not deleted yet when the process ends are sent again.
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
  readonly #changed = new WakeUp();
  #deleting: Promise<void> | undefined;
  #deletedThrough: number;
  #nextDelete: Disposable | undefined;
  /** Of this run: the last offset sent, and the offset up to which everything was sent or is damaged. Neither goes back. */
  #lastSent = 0;
  #scannedThrough = 0;
  #nextAtMs = 0;
  /** Portions that were read and are not confirmed as a whole, oldest first. The memory of a confirmed portion is used again. */
  readonly #portions = new Fifo<SpoolPortion>();

  constructor(options: EmptierOptions, target: Target, backlog: Backlog, hooks: EmptierHooks) {
    this.#options = options;
    this.#target = target;
    this.#hooks = hooks;
    this.#confirmedThrough = backlog.confirmedThrough;
    // Nothing before the oldest event is left to delete.
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
    this.#changed.wake();
  }

  /** @param count events that this confirms, of those up to `through` */
  confirmed(through: number, count: number): void {
    const reached = through >= this.#lastSent ? Math.max(through, this.#scannedThrough) : through;
    this.#confirmedThrough = Math.max(this.#confirmedThrough, reached);
    this.#events = this.left === 0 ? 0 : Math.max(1, this.#events - count);
    this.#changed.wake();
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
    this.#changed.wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    this.#lastSent = this.#confirmedThrough;
    this.#scannedThrough = this.#confirmedThrough;
    // An earlier connection may still hold its portions: the garbage collector gets them.
    this.#portions.clear();
    while (!signal.aborted) {
      try {
        if (store.lastOffset > this.#scannedThrough) await this.#sendPortion(signal);
        else await this.#change(signal);
      } catch {
        // The store restarts its thread by itself. What was sent has an outcome, or `start` begins anew.
        this.#scannedThrough = Math.max(this.#scannedThrough, this.#lastSent);
        await clock.sleep(200, signal).catch(() => {});
      }
    }
  }

  /** A portion reaches as far as the store does by then, and the next begins behind that portion: nothing is sent twice. */
  async #sendPortion(signal: AbortSignal): Promise<void> {
    const portion = await this.#options.store.readPortion(this.#scannedThrough);
    if (portion.events.length > 0) this.#portions.push(portion);
    await this.#sendAll(portion.events, signal);
    if (signal.aborted) return;
    this.#scannedThrough = Math.max(this.#scannedThrough, portion.scannedThrough);
    // Damaged rows are never sent. They count as passed once all events before them are confirmed.
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
    // A wait below a timer's own grain would only cost time.
    if (this.#nextAtMs - now > 20) await clock.sleep(this.#nextAtMs - now, signal).catch(() => {});
  }

  /** Waits until something was confirmed or appended, or `stop` was called. */
  async #change(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await this.#changed.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#stopped;
    // Confirmed events are deleted now, or the next start would send them again.
    this.#stopPause();
    this.#release();
    while (this.#deleting !== undefined) await this.#deleting;
    this.#stopPause();
  }
}

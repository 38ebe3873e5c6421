/** Sends the spool to the broker, oldest first, and lets go of what the broker has confirmed. */
import type { Clock, CloudEvent } from "@fairlead/core";
import type { SpoolStore } from "./store.ts";

/** Where the drain sends to. */
interface Target {
  hasRoom(bytes: number): boolean;
  send(item: { readonly event: CloudEvent; readonly offset: number }): void;
}

export interface DrainOptions {
  readonly store: SpoolStore;
  readonly drainBytesPerSecond?: number | undefined;
  readonly clock: Clock;
}

export class Drain implements AsyncDisposable {
  readonly #options: DrainOptions;
  readonly #target: Target;
  readonly #onConfirmed: () => void;
  #appendedThrough: number;
  #drainedThrough: number;
  #backlogSinceMs: number | undefined;
  #running: AbortController | undefined;
  #stopped: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #deleting: Promise<void> | undefined;
  #deletedThrough: number;
  /** Of this run: the last offset sent, and how far the store has been read. */
  #lastSent = 0;
  #scannedThrough = 0;
  #nextAtMs = 0;

  constructor(
    options: DrainOptions,
    target: Target,
    backlog: { readonly drainedThrough: number; readonly sinceMs: number | undefined },
    onConfirmed: () => void,
  ) {
    this.#options = options;
    this.#target = target;
    this.#onConfirmed = onConfirmed;
    this.#drainedThrough = backlog.drainedThrough;
    this.#deletedThrough = backlog.drainedThrough;
    this.#appendedThrough = Math.max(backlog.drainedThrough, options.store.health().lastOffset);
    this.#backlogSinceMs = backlog.sinceMs;
  }

  /** Events at most that the broker has not confirmed. */
  get left(): number {
    return this.#appendedThrough - this.#drainedThrough;
  }

  get backlogSinceMs(): number | undefined {
    return this.left > 0 ? this.#backlogSinceMs : undefined;
  }

  appended(offset: number): void {
    if (this.left === 0) this.#backlogSinceMs = this.#options.clock.nowMs();
    this.#appendedThrough = Math.max(this.#appendedThrough, offset);
    this.#wake?.();
  }

  confirmed(through: number): void {
    const reached = through >= this.#lastSent ? Math.max(through, this.#scannedThrough) : through;
    this.#drainedThrough = Math.max(this.#drainedThrough, reached);
    this.#wake?.();
    this.#release();
    this.#onConfirmed();
  }

  /** One delete at a time; a failed one is made up for by the next, or by the next start (the events are sent again). */
  #release(): void {
    if (this.#deleting !== undefined || this.#deletedThrough >= this.#drainedThrough) return;
    const through = this.#drainedThrough;
    this.#deleting = this.#options.store.deleteThrough(through).then(
      () => {
        this.#deletedThrough = through;
        this.#deleting = undefined;
        this.#release();
      },
      () => {
        this.#deleting = undefined;
      },
    );
  }

  /** Begins at the oldest unconfirmed event; runs until `stop`. */
  start(): void {
    this.stop();
    const controller = new AbortController();
    this.#running = controller;
    this.#scannedThrough = 0;
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
    this.#lastSent = this.#drainedThrough;
    let scanned = this.#drainedThrough;
    while (!signal.aborted) {
      try {
        const end = store.health().lastOffset;
        if (end > scanned) await this.#pass(scanned, signal);
        if (signal.aborted) return;
        scanned = Math.max(scanned, end);
        // Rows that were damaged are never sent; having passed them counts once all before them is confirmed.
        this.#scannedThrough = scanned;
        if (this.#lastSent <= this.#drainedThrough) this.confirmed(scanned);
        if (store.health().lastOffset <= scanned) await this.#change();
      } catch {
        // The store restarts its thread by itself; what was sent and not confirmed is sent again.
        await clock.sleep(200, signal).catch(() => {});
      }
    }
  }

  /** Everything that the store has behind `after` at the time of the call. */
  async #pass(after: number, signal: AbortSignal): Promise<void> {
    for await (const { offset, event } of this.#options.store.tail({ after, follow: false, signal })) {
      while (!signal.aborted && !this.#target.hasRoom(event.data.length)) await this.#change();
      if (signal.aborted) return;
      this.#lastSent = offset;
      this.#target.send({ event, offset });
      await this.#keepRate(event.data.length, signal);
    }
  }

  async #keepRate(bytes: number, signal: AbortSignal): Promise<void> {
    const { clock, drainBytesPerSecond } = this.#options;
    if (drainBytesPerSecond === undefined) return;
    const now = clock.monotonicMs();
    this.#nextAtMs = Math.max(this.#nextAtMs, now) + (bytes / drainBytesPerSecond) * 1_000;
    // Below a timer's own grain a wait would only slow the drain down.
    if (this.#nextAtMs - now > 20) await clock.sleep(this.#nextAtMs - now, signal).catch(() => {});
  }

  /** Until something was confirmed or appended, or the drain is stopped. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#stopped;
    await this.#deleting;
  }
}

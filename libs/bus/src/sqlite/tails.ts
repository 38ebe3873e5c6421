import { matchesTopic, routingKey } from "@fairlead/contracts/names";
import { onAbort, WakeUp } from "@fairlead/core";
import type { LoggedEvent } from "../bus.ts";
import type { ReadPortion } from "./reads.ts";
import { RecentWindow } from "./window.ts";

/** The log as its tails see it. */
export interface TailedLog {
  lastOffset(): number;
  /** @throws {BusError} */
  read(after: number, through: number, types: readonly string[] | undefined): Promise<ReadPortion>;
  /** @throws {BusError} BUS_CLOSED */
  throwIfClosed(): void;
}

export interface TailPlan {
  readonly after: number;
  /** The last offset to give; Infinity: goes on with what comes live. */
  readonly through: number;
  readonly types: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The tails of a log. Those that keep up share one window of the groups that were committed last. */
export class Tails {
  readonly #log: TailedLog;
  readonly #recent: RecentWindow;
  readonly #changes = new WakeUp();
  #running = 0;

  /** @param recentBytes of the window */
  constructor(log: TailedLog, recentBytes: number) {
    this.#log = log;
    this.#recent = new RecentWindow(recentBytes);
  }

  /** Keeps a group that was committed. False when there is no tail: then its buffer is free. */
  keep(buffer: ArrayBuffer, bytes: number, firstOffset: number, count: number): boolean {
    if (this.#running === 0) return false;
    this.#recent.add(buffer, bytes, firstOffset, count);
    return true;
  }

  /** Lets go of the groups that were kept: there may be others behind them. */
  forget(): void {
    this.#recent.clear();
  }

  /** To be called at every commit, at closing and at a restart. */
  wake(): void {
    this.#changes.wake();
  }

  /** Resolves when woken or when the signal fires. */
  async nextChange(signal?: AbortSignal): Promise<void> {
    const change = this.#changes.next();
    using _ = onAbort(signal, () => this.wake());
    await change;
  }

  async *tail(plan: TailPlan): AsyncGenerator<LoggedEvent, void, void> {
    this.#running++;
    try {
      yield* this.#follow(plan);
    } finally {
      if (--this.#running === 0) this.#recent.clear();
    }
  }

  /** Events after an offset: from the recent window where it reaches, else from the log. */
  async *#follow(plan: TailPlan): AsyncGenerator<LoggedEvent, void, void> {
    const { through, types, signal } = plan;
    let at = plan.after;
    const isAborted = () => signal?.aborted === true;
    while (at < through && !isAborted()) {
      this.#log.throwIfClosed();
      const last = this.#log.lastOffset();
      if (at >= last) {
        await this.nextChange(signal);
        continue;
      }
      const recent = this.#recent.groupAfter(at);
      const portion = recent
        ? { events: recent, scannedThrough: recent.at(-1)!.offset }
        : await this.#log.read(at, Math.min(through, last), types);
      for (const logged of portion.events) {
        if (logged.offset <= at) continue;
        if (logged.offset > through || isAborted()) return;
        if (recent === undefined || isWanted(logged, types)) yield logged;
      }
      at = Math.max(at, portion.scannedThrough);
    }
  }
}

const isWanted = ({ event }: LoggedEvent, types: readonly string[] | undefined): boolean =>
  types === undefined || types.some((pattern) => matchesTopic(pattern, routingKey(event.type)));

import { matchesTopic, routingKey } from "@fairlead/contracts/names";
import type { LoggedEvent } from "../bus.ts";
import type { ReadPortion } from "./reads.ts";

/** What a tail needs of the log. */
export interface TailSource {
  last(): number;
  recentAfter(offset: number): readonly LoggedEvent[] | undefined;
  /** @throws {BusError} */
  read(after: number, through: number, types: readonly string[] | undefined): Promise<ReadPortion>;
  /** Calls back at every commit, at closing and at a restart, until disposed. */
  onChange(wake: () => void): Disposable;
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

/** Events after an offset: from the recent window where it reaches, else from the log. */
export async function* tailLog(source: TailSource, plan: TailPlan): AsyncGenerator<LoggedEvent, void, void> {
  const { through, types, signal } = plan;
  let at = plan.after;
  const isAborted = () => signal?.aborted === true;
  while (at < through && !isAborted()) {
    source.throwIfClosed();
    if (at >= source.last()) {
      await nextChange(source, signal);
      continue;
    }
    const recent = source.recentAfter(at);
    const portion = recent
      ? { events: recent, scannedThrough: recent.at(-1)!.offset }
      : await source.read(at, Math.min(through, source.last()), types);
    for (const logged of portion.events) {
      if (logged.offset <= at) continue;
      if (logged.offset > through || isAborted()) return;
      if (recent === undefined || isWanted(logged, types)) yield logged;
    }
    at = Math.max(at, portion.scannedThrough);
  }
}

const isWanted = ({ event }: LoggedEvent, types: readonly string[] | undefined): boolean =>
  types === undefined || types.some((pattern) => matchesTopic(pattern, routingKey(event.type)));

function nextChange(source: TailSource, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      registration[Symbol.dispose]();
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const registration = source.onChange(wake);
    signal?.addEventListener("abort", wake, { once: true });
  });
}

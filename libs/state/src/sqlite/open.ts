import { resolve } from "node:path";
import { type Clock, type Logger, silentLogger, systemClock } from "@fairlead/core";
import type { State } from "../state.ts";
import { SqliteIdempotency } from "./idempotency.ts";
import { SqliteLeases } from "./leases.ts";
import { SqlitePresence } from "./presence.ts";
import { SqliteRateLimits } from "./rate-limits.ts";
import { SqliteStore } from "./store.ts";
import { SqliteValues } from "./values.ts";

export interface SqliteStateOptions {
  /** Path of the state file. Its folder is made. */
  file: string;
  /** Size of the file at most, in bytes; further writes are refused until something expires. Default 256 MiB. */
  maxBytes?: number;
  clock?: Clock;
  logger?: Logger;
}

const purgeEveryMs = 1_000;
/** After a round that left something: rounds keep up with 50,000 expiring rows a second. */
const purgeAgainMs = 10;

/**
 * Shared state in a SQLite file that this process owns alone. Leases, idempotency keys and values survive a crash of the
 * machine; presence and rate limits live in memory.
 *
 * @throws {StateError} STATE_IN_USE when another process has the file; STATE_UNAVAILABLE when it cannot be opened. A
 *   damaged file is no error: it is moved aside, and `health()` says so
 */
export async function openSqliteState(options: SqliteStateOptions): Promise<State> {
  const { maxBytes = 256 * 2 ** 20, clock = systemClock, logger = silentLogger } = options;
  const file = resolve(options.file);
  const store = await SqliteStore.open({ file, maxBytes, clock, logger });
  let timer: Disposable;
  const purge = () => {
    let isMoreLeft = false;
    try {
      isMoreLeft = store.purge();
    } catch {
      // It shows in health(); the next round tries again.
    }
    timer = clock.timer(isMoreLeft ? purgeAgainMs : purgeEveryMs, purge);
  };
  timer = clock.timer(purgeEveryMs, purge);
  return {
    leases: new SqliteLeases(store),
    idempotency: new SqliteIdempotency(store),
    rateLimits: new SqliteRateLimits(store),
    presence: new SqlitePresence(store),
    values: new SqliteValues(store),
    health: () => ({ isAvailable: store.isAvailable, problems: store.problems() }),
    async [Symbol.asyncDispose]() {
      timer[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

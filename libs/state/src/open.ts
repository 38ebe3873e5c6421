import type { Clock, Logger, Meter } from "@fairlead/core";
import type { RedisStateOptions } from "./redis/open.ts";
import { openSqliteState } from "./sqlite/open.ts";
import type { State } from "./state.ts";

export interface OpenStateOptions {
  /** Path of the state file, which is used without `redis`. Its folder is made. */
  readonly file: string;
  /** Size of the state file at most, in bytes. Default 256 MiB. */
  readonly maxBytes?: number;
  /** Redis in the place of the file. */
  readonly redis?: Omit<RedisStateOptions, "clock" | "logger"> | undefined;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Shows `fairlead_state_available`. */
  readonly meter?: Meter;
}

async function openDriver(options: Omit<OpenStateOptions, "meter">): Promise<State> {
  const { file, maxBytes, redis, ...observers } = options;
  if (redis === undefined)
    return openSqliteState({ file, ...(maxBytes === undefined ? {} : { maxBytes }), ...observers });
  // Loaded only where it is used: without Redis its client would cost 10 MB of memory.
  const { openRedisState } = await import("./redis/open.ts");
  return openRedisState({ ...redis, ...observers });
}

/**
 * Opens shared state: in Redis when `redis` is given, else in the SQLite file.
 * @throws {StateError} STATE_IN_USE, STATE_UNAVAILABLE (the file; an absent Redis is no error, see `health()`),
 *   INVALID_ARGUMENT
 */
export async function openState({ meter, ...options }: OpenStateOptions): Promise<State> {
  const state = await openDriver(options);
  const gauge = meter?.gauge({
    name: "fairlead_state_available",
    help: "1 while shared state (leases, idempotency, rate limits, presence, values) answers, else 0",
  });
  const scrape = meter?.onScrape(() => gauge?.set(state.health().isAvailable ? 1 : 0));
  return {
    ...state,
    async [Symbol.asyncDispose]() {
      scrape?.[Symbol.dispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}

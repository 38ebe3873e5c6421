import { resolve } from "node:path";
import type { Clock, Logger, Meter } from "@fairlead/core";
import type { StateConfig } from "./config.ts";
import { openSqliteState } from "./sqlite/open.ts";
import type { State } from "./state.ts";

export interface StateDependencies {
  /** Where a relative state file is. */
  dataDir: string;
  logger?: Logger;
  clock?: Clock;
  /** Shows `fairlead_state_available`. */
  meter?: Meter;
}

async function openDriver(
  config: StateConfig,
  { dataDir, logger, clock }: StateDependencies,
): Promise<State> {
  const observers = { ...(logger ? { logger } : {}), ...(clock ? { clock } : {}) };
  if (config.redis === undefined) {
    const { file, maxBytes } = config.sqlite;
    return openSqliteState({ file: resolve(dataDir, file), maxBytes, ...observers });
  }
  const { commandTimeout, operationTimeout, connectTimeout, maxReconnectDelay, ...address } = config.redis;
  const limits = {
    commandTimeoutMs: commandTimeout,
    operationTimeoutMs: operationTimeout,
    connectTimeoutMs: connectTimeout,
    maxReconnectDelayMs: maxReconnectDelay,
  };
  // Loaded only where it is used: without Redis its client would cost 10 MB of memory.
  const { openRedisState } = await import("./redis/open.ts");
  return openRedisState({ ...address, ...limits, ...observers });
}

/**
 * Opens the state that the configuration names: Redis when it has a section, else the SQLite file.
 * @throws {StateError} STATE_IN_USE, STATE_UNAVAILABLE (the file; an absent Redis is no error, see `health()`),
 *   INVALID_ARGUMENT
 */
export async function openState(config: StateConfig, dependencies: StateDependencies): Promise<State> {
  const state = await openDriver(config, dependencies);
  const gauge = dependencies.meter?.gauge({
    name: "fairlead_state_available",
    help: "1 while shared state (leases, idempotency, rate limits, presence, values) answers, else 0",
  });
  const scrape = dependencies.meter?.onScrape(() => gauge?.set(state.health().isAvailable ? 1 : 0));
  return {
    ...state,
    async [Symbol.asyncDispose]() {
      scrape?.[Symbol.dispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}

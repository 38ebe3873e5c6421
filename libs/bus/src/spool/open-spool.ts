import type { Clock, Logger } from "@fairlead/core";
import { openSqliteBus, type SqliteBus } from "../sqlite/sqlite-bus.ts";

export interface OpenSpoolOptions {
  readonly path: string;
  /** When it is full, `append` gets LOG_FULL. Default 4 GiB. */
  readonly maxBytes?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Opens the spool: the durable log, which here lets go of nothing by itself, however old or large, until it is told that the
 * broker has it.
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED
 */
export function openSpool(options: OpenSpoolOptions): Promise<SqliteBus> {
  return openSqliteBus({
    ...options,
    maxAgeMs: Number.POSITIVE_INFINITY,
    minAgeMs: Number.POSITIVE_INFINITY,
    // What is pending is bounded before it comes here, with fewer bytes per event: never refused for want of memory here.
    maxPendingEvents: Number.MAX_SAFE_INTEGER,
    maxPendingBytes: Number.MAX_SAFE_INTEGER,
    maxEventBytes: Number.MAX_SAFE_INTEGER,
    // The drain is the one reader, and never at the head for long.
    recentBytes: 1,
  });
}

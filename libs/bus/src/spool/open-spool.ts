import type { Clock, Logger } from "@fairlead/core";
import { openSqliteBus, type SqliteBus } from "../sqlite/sqlite-bus.ts";

/** The spool of a bus. */
export interface SpoolOptions {
  /** Its file. */
  readonly path: string;
  /** Size of the file. When the spool is full, `publish` gets LOG_FULL. Default 4 GiB. */
  readonly maxBytes?: number;
  /** Bytes per second at most that the spool sends once RabbitMQ is back. Default: as fast as RabbitMQ confirms. */
  readonly maxBytesPerSecond?: number | undefined;
}

/**
 * Opens the spool: the durable log that deletes nothing by itself, however old or large, until `deleteThrough` says that the broker has
 * the events.
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED
 */
export function openSpool(
  { path, maxBytes }: SpoolOptions,
  parts: { readonly clock?: Clock; readonly logger?: Logger } = {},
): Promise<SqliteBus> {
  return openSqliteBus({
    path,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...parts,
    maxAgeMs: Number.POSITIVE_INFINITY,
    minAgeMs: Number.POSITIVE_INFINITY,
    // SpooledPublisher bounds what is pending, with fewer bytes per event: nothing is refused here for want of memory.
    maxPendingEvents: Number.MAX_SAFE_INTEGER,
    maxPendingBytes: Number.MAX_SAFE_INTEGER,
    maxEventBytes: Number.MAX_SAFE_INTEGER,
    // What empties the spool is its one reader, and never at the head for long.
    recentBytes: 1,
  });
}

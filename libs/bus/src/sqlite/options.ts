import type { Clock, Logger } from "@fairlead/core";

export interface SqliteBusOptions {
  /** The file of the log; beside it lie `-wal` and `.lock`. Its directory is made when missing. */
  readonly path: string;
  /** Events older than this are deleted; Infinity: none is. Default 7 days. */
  readonly maxAgeMs?: number;
  /** The file grows to this size; then the oldest events are deleted. At least 1 MiB. Default 4 GiB. */
  readonly maxBytes?: number;
  /** An event younger than this is not deleted for want of room: publishers get LOG_FULL; Infinity: none is. Default 10 minutes. */
  readonly minAgeMs?: number;
  /** A larger event (attributes and data) gets EVENT_TOO_LARGE. Default 16 MiB. */
  readonly maxEventBytes?: number;
  /** More events waiting to be durable get BUS_OVERLOADED. Default 100,000. */
  readonly maxPendingEvents?: number;
  /** More bytes waiting to be durable get BUS_OVERLOADED. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** Bytes of the last events kept in memory for the tails that keep up. Default 8 MiB. */
  readonly recentBytes?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

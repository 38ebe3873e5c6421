import type { Clock, Logger, Meter } from "@fairlead/core";

export interface SqliteQueuesOptions {
  /** The file; `<path>.lock` carries its lock. */
  readonly path: string;
  /** Size that the file may reach, at least 1 MiB; less on a smaller disk. Default 1 GiB. */
  readonly maxFileBytes?: number;
  /** Caps of each queue; more get QUEUE_FULL. Default 100,000 messages and 1 GiB. */
  readonly maxMessages?: number;
  readonly maxBytes?: number;
  /** On their way and not yet durable at most; more get QUEUES_OVERLOADED. Default 10,000 messages and 32 MiB. */
  readonly maxPendingMessages?: number;
  readonly maxPendingBytes?: number;
  readonly logger?: Logger;
  readonly meter?: Meter;
  readonly clock?: Clock;
}

import type { CloudEvent } from "@fairlead/contracts";

/** An event with its place in the log. Offsets grow by one driver's order and are never reused; gaps are possible. */
export interface LoggedEvent {
  readonly offset: number;
  readonly event: CloudEvent;
}

export interface TailOptions {
  /** Everything after this offset: 0 for all that is kept, "end" for what comes from now on. */
  readonly after: number | "end";
  /** Topic patterns over the routing key (`*`, `#`); an event that matches any is given. Default: all. */
  readonly types?: readonly string[];
  /** Go on with what comes live; false: end at what is the last event at the time of the call. Default true. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** How a bus is, in numbers and in words, for health checks, metrics and `fairlead doctor`. */
export interface BusHealth {
  /** False when publish would fail now. */
  readonly canAccept: boolean;
  /** The bus works, but not as it should; `problems` says why. */
  readonly isDegraded: boolean;
  /** Sentences for an operator; empty when all is well. */
  readonly problems: readonly string[];
  /** Offset of the newest durable event, 0 when there is none; left out where only the broker knows it. */
  readonly lastOffset?: number;
  /** Offset of the oldest event that is kept, `lastOffset` + 1 when none is; at most about a second old, left out where it is not known. */
  readonly firstOffset?: number;
  /** Events and bytes accepted by publish and not yet durable. */
  readonly pendingEvents: number;
  readonly pendingBytes: number;
  /** Bytes on disk, and their limit, where the driver has a disk. */
  readonly storedBytes?: number;
  readonly maxStoredBytes?: number;
  /** Group commits since the start: how often the disk was asked to make events durable. */
  readonly commits?: number;
  /** Events that are durable on this disk and wait for the broker. */
  readonly spooledEvents?: number;
  /** True while events go straight to the broker, false while they go through the spool; left out where there is no broker. */
  readonly isDirect?: boolean;
  /** Rows that were found damaged and set aside. */
  readonly damagedEvents?: number;
}

/**
 * The message bus. `publish` is where the promise is kept: when it resolves, the event survives a crash of the process
 * and of its machine as long as the disks survive (docs/explanation/architecture.md, The promise).
 */
export interface Bus extends AsyncDisposable {
  /**
   * Resolves when the event is durable. Publishes of one caller become durable, and stand in the log, in the order of
   * the calls. The bytes of `data` must not change until then; they are not kept after.
   * @throws {BusError} LOG_FULL (retryable) when there is no room; EVENT_TOO_LARGE; BUS_OVERLOADED (retryable) when
   *   more is pending than the bus was given memory for; BUS_CLOSED; BUS_FAILED (retryable) when the disk or broker
   *   refuses, or was lost before it answered: then the event may be stored, and a repeat must carry the same id
   */
  publish(event: CloudEvent): Promise<void>;
  /**
   * Events in the order of the log, each at least once; no gap between what was stored and what is live. The log serves
   * a reader that falls behind: nothing is held in memory for that reader. "The time of the call" is that of `tail`
   * itself, not of the first step of the iteration. Ends without an error when the signal fires. The data of an event
   * may be kept, must not be changed, and may be a view of a larger buffer (copy it to keep it for long).
   * @throws {BusError} BUS_CLOSED, also from a running iteration when the bus is disposed; BUS_FAILED
   */
  tail(options: TailOptions): AsyncIterable<LoggedEvent>;
  health(): BusHealth;
  /** Disposing waits for what publish has taken; then refuses. */
}

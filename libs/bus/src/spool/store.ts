import type { CloudEvent } from "@fairlead/core";
import type { Bus, BusHealth } from "../bus.ts";

/** What the spool needs of the log that it keeps events in; the SQLite log is one. */
export interface SpoolStore extends AsyncDisposable, Pick<Bus, "tail"> {
  /** Resolves with the offset when the event is durable. Of one caller, in the order of the calls. */
  append(event: CloudEvent): Promise<number>;
  /** Lets go of everything up to and including the offset. Repeating is harmless. */
  deleteThrough(offset: number): Promise<void>;
  /** Offset of the newest durable event. */
  readonly lastOffset: number;
  /** Events that are kept; may be a second old. */
  readonly storedEvents: number;
  health(): BusHealth;
}

import type { CloudEvent } from "@fairlead/contracts";
import type { BusHealth, LoggedEvent } from "../bus.ts";

/** Some events of the store, one after the other. */
export interface SpoolPortion {
  readonly events: readonly LoggedEvent[];
  /** Other rows up to this offset were damaged. The next portion begins behind the offset. */
  readonly scannedThrough: number;
}

/** The log that the spool keeps events in. The SQLite log is one. */
export interface SpoolStore extends AsyncDisposable {
  /** Resolves with the offset when the event is durable. Appends become durable in the order of the calls. */
  append(event: CloudEvent): Promise<number>;
  /** A bounded portion of what stands behind `after`. @throws {BusError} */
  readPortion(after: number): Promise<SpoolPortion>;
  /** Gives the memory of a portion back: its events must not be touched any more. */
  recycle(portion: SpoolPortion): void;
  /** Lets go of everything up to and including the offset. Repeating is harmless. */
  deleteThrough(offset: number): Promise<void>;
  /** Offset of the newest durable event. */
  readonly lastOffset: number;
  /** Events that are kept; may be a second old. */
  readonly storedEvents: number;
  health(): BusHealth;
}

/** The oldest event that can be read. @throws {BusError} */
export async function findOldest(
  store: Pick<SpoolStore, "readPortion" | "lastOffset">,
): Promise<LoggedEvent | undefined> {
  for (let at = 0; at < store.lastOffset; ) {
    const { events, scannedThrough } = await store.readPortion(at);
    if (events[0]) return events[0];
    at = Math.max(at, scannedThrough);
  }
  return undefined;
}

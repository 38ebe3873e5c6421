import type { Bus, LoggedEvent, TailOptions } from "../bus.ts";

/** What the spool needs of the log that it keeps events in; the SQLite log is one. */
export interface SpoolStore extends Bus {
  /** As publish; resolves with the offset. */
  append(event: LoggedEvent["event"]): Promise<number>;
  tail(options: TailOptions): AsyncIterable<LoggedEvent>;
  /** Lets go of everything up to and including the offset. Repeating is harmless. */
  deleteThrough(offset: number): Promise<void>;
}

import type { State } from "../state.ts";

/** What a driver gives the suite for each test. */
export interface ContractSubject extends AsyncDisposable {
  readonly first: State;
  /** The state as another instance sees it, where the driver knows several; else the same as `first`. */
  readonly second: State;
  /** A crash and a new start: of the process that owns the file, or of the server. Gives new states. */
  restart(): Promise<void>;
  /** Lets so much of the store's time go by, without waiting for it. */
  pass(ms: number): Promise<void>;
}

export type OpenSubject = () => Promise<ContractSubject>;

/** Runs out by `pass` and never by itself: a test, however slow its machine, needs far less. */
export const shortTtlMs = 60_000;
export const longTtlMs = 3_600_000;

/** Names that a careless driver takes for something else. */
export const awkwardNames = [
  "plain",
  "with space",
  "a:b",
  "{tag}",
  "}{",
  "*?[x]",
  "naïve",
  "日本語",
  "🧷⛵",
  "'; DROP TABLE lease; --",
  "%00",
  "line\nbreak",
  "x".repeat(1_024),
];

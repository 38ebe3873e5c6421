/** What crosses between the log and its thread: plain values only. */
import type { ErrorFacts } from "@fairlead/sqlite";
import type { DamagedRange } from "./damage.ts";

/** What the log is opened with. */
export interface LogSettings {
  readonly path: string;
  readonly maxAgeMs: number;
  readonly minAgeMs: number;
  readonly maxBytes: number;
}

/** How the log is, as its thread sees it. */
export interface LogStatus {
  readonly lastOffset: number;
  /** Of the oldest event that is kept, `lastOffset` + 1 when none is; undefined where the file is too damaged to say. */
  readonly firstOffset: number | undefined;
  /** Events that are kept, as far as it is known which are missing. */
  readonly storedEvents: number;
  /** Bytes that rows take in the file, and how many they may take (maxBytes, or less when the disk has less). */
  readonly storedBytes: number;
  readonly maxStoredBytes: number;
  readonly damagedEvents: number;
  /** False after a refused write, until one succeeds. */
  readonly canWrite: boolean;
  /** Sentences for an operator. */
  readonly problems: readonly string[];
}

/** To the thread. Buffers are transferred. */
export type LogRequest =
  /** Sent: one group commit of `count` records in the first `bytes` of the buffer. After a refusal its whole epoch is refused. */
  | { kind: "append"; epoch: number; buffer: ArrayBuffer; bytes: number; count: number }
  /**
   * Asked: rows after `after`, up to and including `through`, in one bounded portion; in the buffer, where one is given. The
   * answer are Rows.
   */
  | {
      kind: "read";
      after: number;
      through: number;
      types: readonly string[] | undefined;
      buffer: ArrayBuffer | undefined;
    }
  /** Asked: lets go of everything up to and including `through`. */
  | { kind: "delete"; through: number };

export interface Rows {
  readonly buffer: ArrayBuffer;
  readonly count: number;
  /** Everything up to this offset has been looked at. */
  readonly scannedThrough: number;
}

/** From the thread. The buffer of an append comes back, so that it can be shown to tails or used again. */
export type LogReply =
  | { kind: "appended"; buffer: ArrayBuffer; firstOffset: number }
  | { kind: "refused"; buffer: ArrayBuffer; error: ErrorFacts }
  /** Comes before the thread is up, and when the status has changed. */
  | { kind: "status"; status: LogStatus }
  /** Newly found; told once. */
  | { kind: "damaged"; ranges: readonly DamagedRange[] }
  /** What was done about a damaged file, in words; told once. */
  | { kind: "repaired"; notes: readonly string[] };

import type { BusErrorFacts } from "../errors.ts";
import type { DamagedRange } from "./damage.ts";

/** What the log is opened with; crosses to the thread, so plain values only. */
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
  /**
   * One group commit: `count` records in the first `bytes` of the buffer. Once one was refused, all of its epoch are.
   */
  | { kind: "append"; epoch: number; buffer: ArrayBuffer; bytes: number; count: number }
  /** Rows after `after`, up to and including `through`, in one bounded portion; in the buffer, where one is given. */
  | {
      kind: "read";
      id: number;
      after: number;
      through: number;
      types: readonly string[] | undefined;
      buffer: ArrayBuffer | undefined;
    }
  /** Lets go of everything up to and including `through`. */
  | { kind: "delete"; id: number; through: number }
  | { kind: "close" };

/** From the thread. The buffer of an append comes back, so that it can be shown to tails or used again. */
export type LogReply =
  | { kind: "ready"; status: LogStatus }
  | { kind: "unopened"; error: BusErrorFacts }
  | { kind: "appended"; buffer: ArrayBuffer; firstOffset: number }
  | { kind: "refused"; buffer: ArrayBuffer; error: BusErrorFacts }
  /** Everything up to `scannedThrough` has been looked at. */
  | { kind: "rows"; id: number; buffer: ArrayBuffer; count: number; scannedThrough: number }
  | { kind: "unread"; id: number; error: BusErrorFacts }
  | { kind: "deleted"; id: number }
  | { kind: "undeleted"; id: number; error: BusErrorFacts }
  | { kind: "status"; status: LogStatus }
  /** Newly found; told once. */
  | { kind: "damaged"; ranges: readonly DamagedRange[] }
  /** What was done about a damaged file, in words; told once. */
  | { kind: "repaired"; notes: readonly string[] }
  | { kind: "closed" };

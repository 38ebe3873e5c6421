/** Where a record came from. */
export interface RecordAddress {
  /** IPv4 or IPv6 address in text; an IPv6 zone ("%eth0") is not carried. Any other host is left out. */
  readonly host: string;
  readonly port: number;
}

/** A batch of frames of one connection; a `FrameBatch` of @fairlead/socket is one. */
export interface FrameRecords {
  readonly count: number;
  /** Sum of the payloads, in bytes. */
  readonly payloadBytes: number;
  frame(index: number): Uint8Array;
  /** All records in one piece, each ended by one LF, where there is such a piece. */
  readonly lines?: Uint8Array;
}

/** A batch of records with source and time each; a `DatagramBatch` of @fairlead/socket is one. */
export interface Records {
  readonly count: number;
  /** Sum of the payloads, in bytes. */
  readonly payloadBytes: number;
  payload(index: number): Uint8Array;
  /** Undefined where nothing is known about it, as for a Unix socket. */
  source(index: number): RecordAddress | undefined;
  /** Microseconds since the epoch. */
  receivedAtMicros(index: number): number;
}

/** A record as it comes out of any container. */
export interface DecodedRecord {
  /** `firstseq` of the event + index; with the event's subject the record's identity. */
  readonly seq: number;
  readonly payload: Buffer;
  /** Receive time, RFC 3339 with microseconds, where the container carries it. */
  readonly time?: string;
  readonly from?: RecordAddress;
}

/** Gives the frames of one connection the same source and receive time. */
export function framesAsRecords(
  frames: FrameRecords,
  origin: { from?: RecordAddress | undefined; receivedAtMicros: number },
): Records {
  return {
    count: frames.count,
    payloadBytes: frames.payloadBytes,
    payload: (index) => frames.frame(index),
    source: () => origin.from,
    receivedAtMicros: () => origin.receivedAtMicros,
  };
}

/** The text of the second that was asked for last: the records of a batch share it. */
let lastSecond = Number.NaN;
let lastText = "";

/** 1767225600123456 -> "2026-01-01T00:00:00.123456Z" */
export function formatMicros(micros: number): string {
  const second = Math.floor(micros / 1_000_000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1_000).toISOString().slice(0, -5);
    lastSecond = second;
  }
  return `${lastText}.${String(micros - second * 1_000_000).padStart(6, "0")}Z`;
}

/** The sender of a record. */
export interface RecordAddress {
  /** An IPv4 or IPv6 address in text. An IPv6 zone ("%eth0") is not carried. Any other host is left out. */
  readonly host: string;
  readonly port: number;
}

/** A batch of frames of one connection. The `FrameBatch` of @fairlead/socket has this shape. */
export interface FrameRecords {
  readonly count: number;
  /** Sum of the payloads, in bytes. */
  readonly payloadBytes: number;
  frame(index: number): Uint8Array;
  /** All records in one piece, each ended by one LF. Undefined where no such piece exists. */
  readonly lines?: Uint8Array;
}

/** A batch of records, each with its source and time. The `DatagramBatch` of @fairlead/socket has this shape. */
export interface Records {
  readonly count: number;
  /** Sum of the payloads, in bytes. */
  readonly payloadBytes: number;
  payload(index: number): Uint8Array;
  /** Undefined where the source is not known, as for a Unix socket. */
  source(index: number): RecordAddress | undefined;
  /** Microseconds since the epoch. */
  receivedAtMicros(index: number): number;
}

/** A record that was decoded, from whichever container. */
export interface DecodedRecord {
  /** `firstseq` of the event + index. The event's subject and this number identify the record. */
  readonly seq: number;
  readonly payload: Buffer;
  /**
   * What the container says of a message that the collector decoded (`udp.syslog`, `udp.statsd`), without `seq`, `time` and `from`.
   * Undefined where the payload is the sender's own bytes, whatever they look like.
   */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** The receive time, RFC 3339 with microseconds. Undefined where the container carries none. */
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

/** The text of the second that was formatted last. The records of a batch share that second. */
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

import { encodeNdjson, encodeRecords, recordContainers } from "@fairlead/contracts";
import { formatAddress } from "@fairlead/core";
import type { DatagramBatch, SocketAddress } from "@fairlead/socket";

/** Limits of one event. A record that is larger alone is an event of its own. */
export interface PieceLimits {
  readonly maxRecords: number;
  /** Bytes of `data`. */
  readonly maxBytes: number;
}

/** The data of one event: the records `from` to `to` (exclusive) of a batch or a flush. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly mediaType: string;
  readonly data: Buffer;
  /** The source, where the container has no place for it. */
  readonly sender?: string;
}

/** Cuts the first `count` records into events, one at a time, so that only one is in memory. */
export type Cutter = (count: number, limits: PieceLimits) => Iterable<Piece>;

/** The datagrams of a batch by their index. Denied datagrams are left out. */
export interface Selection {
  readonly count: number;
  payload(index: number): Buffer;
  payloadLength(index: number): number;
  source(index: number): SocketAddress;
  receivedAtMicros(index: number): number;
}

/** All datagrams of a batch, or the allowed ones. */
export function select(batch: DatagramBatch, isAllowed?: (host: string) => boolean): Selection {
  if (isAllowed === undefined) return batch;
  const kept: number[] = [];
  for (let index = 0; index < batch.count; index++) {
    if (isAllowed(batch.source(index).host)) kept.push(index);
  }
  if (kept.length === batch.count) return batch;
  return {
    count: kept.length,
    payload: (index) => batch.payload(kept[index]!),
    payloadLength: (index) => batch.payloadLength(kept[index]!),
    source: (index) => batch.source(kept[index]!),
    receivedAtMicros: (index) => batch.receivedAtMicros(kept[index]!),
  };
}

function view(datagrams: Selection, from: number, to: number, payloadBytes: number) {
  return {
    count: to - from,
    payloadBytes,
    payload: (index: number) => datagrams.payload(from + index),
    source: (index: number) => datagrams.source(from + index),
    receivedAtMicros: (index: number) => datagrams.receivedAtMicros(from + index),
  };
}

/** The header of a record with an IPv6 address, in bytes (docs/reference/events.md, Record containers). */
const largestRecordHeader = 31;

/** The records container: one buffer for each event. */
export function cutRecords(datagrams: Selection): Cutter {
  return function* (count, { maxRecords, maxBytes }) {
    for (let start = 0; start < count; ) {
      let end = start;
      let payloadBytes = 0;
      while (end < count && end - start < maxRecords) {
        const length = datagrams.payloadLength(end);
        const bytes = payloadBytes + length + (end + 1 - start) * largestRecordHeader;
        if (bytes > maxBytes && end > start) break;
        payloadBytes += length;
        end++;
      }
      const data = encodeRecords(view(datagrams, start, end, payloadBytes));
      yield { from: start, to: end, mediaType: recordContainers.records, data };
      start = end;
    }
  };
}

/** One event per datagram: its payload as it is. */
export function cutSingle(datagrams: Selection, mediaType: string): Cutter {
  return function* (count) {
    for (let index = 0; index < count; index++) {
      const sender = formatAddress(datagrams.source(index));
      yield { from: index, to: index + 1, mediaType, data: datagrams.payload(index), sender };
    }
  };
}

/** NDJSON. @param line gives record `index` with its line end; asked once for each index, in order */
export function cutLines(line: (index: number) => Buffer): Cutter {
  return function* (count, { maxRecords, maxBytes }) {
    let lines: Buffer[] = [];
    let bytes = 0;
    const piece = (to: number): Piece => ({
      from: to - lines.length,
      to,
      mediaType: recordContainers.ndjson,
      data: Buffer.concat(lines, bytes),
    });
    for (let index = 0; index < count; index++) {
      const next = line(index);
      if (lines.length > 0 && (lines.length === maxRecords || bytes + next.length > maxBytes)) {
        yield piece(index);
        lines = [];
        bytes = 0;
      }
      lines.push(next);
      bytes += next.length;
    }
    if (lines.length > 0) yield piece(count);
  };
}

const lineFeed = 0x0a;

/** Where the record that begins at `start` ends. */
function recordEnd({ mediaType, data }: Piece, start: number): number {
  if (mediaType === recordContainers.ndjson) return data.indexOf(lineFeed, start) + 1;
  return start + 4 + data.readUInt32BE(start);
}

/** The two halves of a piece of several records. Both are parts of its data: no record is encoded again. */
export function halve(piece: Piece): [Piece, Piece] {
  const { from, to, data } = piece;
  const middle = Math.ceil((from + to) / 2);
  let end = 0;
  for (let index = from; index < middle; index++) end = recordEnd(piece, end);
  return [
    { ...piece, to: middle, data: data.subarray(0, end) },
    { ...piece, from: middle, data: data.subarray(end) },
  ];
}

/** `{seq, time, from, text | base64}`: the datagram as it came. */
export function rawLine(datagrams: Selection, index: number, seq: number): Buffer {
  return encodeNdjson(view(datagrams, index, index + 1, datagrams.payloadLength(index)), seq);
}

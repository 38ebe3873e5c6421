import { encodeNdjson, encodeRecords, formatMicros, recordContainers } from "@fairlead/contracts";
import { formatAddress } from "@fairlead/core";
import type { DatagramBatch, SocketAddress } from "@fairlead/socket";
import { parseSyslog, type SyslogMessage, type UnknownMessage } from "./syslog/parse.ts";
import type { TimeZone } from "./syslog/time-zone.ts";

/** Limits of one event. A record that is larger alone is an event of its own. */
export interface PieceLimits {
  readonly maxRecords: number;
  /** Of `data`. */
  readonly maxBytes: number;
}

/** The data of one event: the records `from` to `to` (exclusive) of what it was made of. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly mediaType: string;
  readonly data: Buffer;
  /** The source, where the container has no place for it. */
  readonly sender?: string;
}

/** Cuts the records `from` to `to` (exclusive) into events, one at a time, so that only one is in memory. */
export type Cutter = (from: number, to: number, limits: PieceLimits) => Iterable<Piece>;

/** Datagrams of a batch by their index, those that were denied left out. */
export interface Selection {
  readonly count: number;
  payload(index: number): Buffer;
  payloadLength(index: number): number;
  source(index: number): SocketAddress;
  receivedAtMicros(index: number): number;
}

/** All of a batch, or those of it that are allowed. */
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

/** Of a record with an IPv6 address (contracts.md, Record containers). */
const largestRecordHeader = 31;

/** The records container: one buffer for each event. */
export function cutRecords(datagrams: Selection): Cutter {
  return function* (from, to, { maxRecords, maxBytes }) {
    for (let start = from; start < to; ) {
      let end = start;
      let payloadBytes = 0;
      while (end < to && end - start < maxRecords) {
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
  return function* (from, to) {
    for (let index = from; index < to; index++) {
      const sender = formatAddress(datagrams.source(index));
      yield { from: index, to: index + 1, mediaType, data: datagrams.payload(index), sender };
    }
  };
}

/** NDJSON. @param line of record `index`, with its line end */
export function cutLines(line: (index: number) => Buffer): Cutter {
  return function* (from, to, { maxRecords, maxBytes }) {
    let lines: Buffer[] = [];
    let bytes = 0;
    let start = from;
    for (let index = from; index < to; index++) {
      const next = line(index);
      if (lines.length > 0 && (lines.length === maxRecords || bytes + next.length > maxBytes)) {
        yield {
          from: start,
          to: index,
          mediaType: recordContainers.ndjson,
          data: Buffer.concat(lines, bytes),
        };
        lines = [];
        bytes = 0;
        start = index;
      }
      lines.push(next);
      bytes += next.length;
    }
    if (lines.length === 0) return;
    yield { from: start, to, mediaType: recordContainers.ndjson, data: Buffer.concat(lines, bytes) };
  };
}

/** `{seq, time, from, text | base64}` of contracts.md. */
export function rawLine(datagrams: Selection, index: number, seq: number): Buffer {
  return encodeNdjson(view(datagrams, index, index + 1, datagrams.payloadLength(index)), seq);
}

/** What `syslogRecordSchema` says. @param onParsed is told what came of the datagram */
export function syslogLine(
  datagrams: Selection,
  index: number,
  seq: number,
  zone: TimeZone,
  onUnparsed: (message: UnknownMessage) => void,
): Buffer {
  const micros = datagrams.receivedAtMicros(index);
  const context = { receivedAtMs: Math.floor(micros / 1_000), zone };
  const message: SyslogMessage | UnknownMessage = parseSyslog(datagrams.payload(index), context);
  if (!message.parsed) onUnparsed(message);
  const from = formatAddress(datagrams.source(index));
  return Buffer.from(`${JSON.stringify({ seq, receivedAt: formatMicros(micros), from, ...message })}\n`);
}

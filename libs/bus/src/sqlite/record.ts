import type { CloudEvent } from "@fairlead/contracts";
import type { LoggedEvent } from "../bus.ts";

/**
 * How events travel between the threads, packed one after the other into one buffer, and how a row is laid out:
 * `f64 offset | u32 crc | u32 type bytes | u32 head bytes | u32 data bytes | type | head | data`, little endian.
 * `head` is a JSON array of the attributes beside the type; the checksum covers type, head and data.
 */
export const recordHeaderBytes = 24;

/** One record as views of the packed buffer. */
export interface PackedRecord {
  readonly offset: number;
  readonly crc: number;
  readonly type: Buffer;
  readonly head: Buffer;
  readonly data: Buffer;
  /** type, head and data in one piece: what the checksum covers. */
  readonly body: Buffer;
  /** Where the next record begins. */
  readonly end: number;
}

export function encodeHead(event: CloudEvent): string {
  const { id, source, time, datacontenttype, subject, extensions } = event;
  return JSON.stringify([id, source, time, datacontenttype, subject ?? null, extensions]);
}

/** @throws {SyntaxError | TypeError} when the head is not what encodeHead wrote */
export function decodeEvent(type: string, head: string, data: Uint8Array): CloudEvent {
  const [id, source, time, datacontenttype, subject, extensions] = JSON.parse(head) as [
    string,
    string,
    string,
    string,
    string | null,
    CloudEvent["extensions"],
  ];
  const event = { id, source, type, time, datacontenttype, data, extensions };
  return subject === null ? event : { ...event, subject };
}

export function readRecord(packed: Buffer, start: number): PackedRecord {
  const bodyStart = start + recordHeaderBytes;
  const headStart = bodyStart + packed.readUInt32LE(start + 12);
  const dataStart = headStart + packed.readUInt32LE(start + 16);
  const end = dataStart + packed.readUInt32LE(start + 20);
  return {
    offset: packed.readDoubleLE(start),
    crc: packed.readUInt32LE(start + 8),
    type: packed.subarray(bodyStart, headStart),
    head: packed.subarray(headStart, dataStart),
    data: packed.subarray(dataStart, end),
    body: packed.subarray(bodyStart, end),
    end,
  };
}

/** Every event of a packed buffer; their data are views of it. `firstOffset` replaces the packed offsets when given. */
export function decodeRecords(packed: Buffer, count: number, firstOffset?: number): LoggedEvent[] {
  const events = new Array<LoggedEvent>(count);
  for (let index = 0, at = 0; index < count; index++) {
    const record = readRecord(packed, at);
    at = record.end;
    events[index] = {
      offset: firstOffset === undefined ? record.offset : firstOffset + index,
      event: decodeEvent(record.type.toString(), record.head.toString(), record.data),
    };
  }
  return events;
}

import { parseAddress } from "@fairlead/core";
import { addressText } from "./address-bytes.ts";
import { recordHeaderBytes } from "./encode-records.ts";
import { ContractError } from "./errors.ts";
import type { CloudEvent } from "./event.ts";
import { recordContainers } from "./names.ts";
import { type DecodedRecord, formatMicros } from "./records.ts";

/**
 * The records of an event, from any of the four containers (docs/reference/events.md, Record containers): `lines`, `records`,
 * NDJSON, and for any other media type the data as the one record. Payloads are views of the event's data, except those of
 * NDJSON. An NDJSON line that is no `{seq, time, text | base64}`, as in `udp.syslog`, is itself the payload.
 *
 * @throws {ContractError} RECORDS_INVALID, after every record before the damage was given, when the data ends inside a
 *   record, a length or number is impossible, or there are not as many records as `recordcount` says
 */
export function* decodeRecords(event: CloudEvent): Generator<DecodedRecord, void, undefined> {
  const data = Buffer.from(event.data.buffer, event.data.byteOffset, event.data.length);
  const firstSeq = sequenceNumber(event, "firstseq") ?? 1;
  const expected = sequenceNumber(event, "recordcount");
  let count = 0;
  const decode = containerDecoder(event.datacontenttype) ?? single(event);
  for (const record of decode(data, firstSeq)) {
    yield record;
    count++;
  }
  if (expected !== undefined && count !== expected) {
    throw damaged(count, `the event says that there are ${expected} records`);
  }
}

type Decoder = (data: Buffer, firstSeq: number) => Iterable<DecodedRecord>;

function containerDecoder(mediaType: string): Decoder | undefined {
  switch (mediaType.split(";")[0]!.trim().toLowerCase()) {
    case recordContainers.lines:
      return decodeLines;
    case recordContainers.records:
      return decodeBinary;
    case recordContainers.ndjson:
      return decodeNdjson;
    default:
      return undefined;
  }
}

/** The data as the one record. The extension `from` of the event names the sender. */
function single(event: CloudEvent): Decoder {
  const from = parseAddress(String(event.extensions["from"] ?? ""));
  return (data, seq) => [{ seq, payload: data, ...(from && { from }) }];
}

/** Extension attributes may have become text on their way. */
function sequenceNumber(event: CloudEvent, name: string): number | undefined {
  const value = event.extensions[name];
  if (value === undefined) return undefined;
  const number = typeof value === "number" ? value : Number.parseInt(String(value), 10);
  if (!Number.isSafeInteger(number) || number < 0 || String(number) !== String(value)) {
    throw new ContractError("RECORDS_INVALID", `Cannot decode records: ${name} is ${JSON.stringify(value)}`);
  }
  return number;
}

function damaged(index: number, state: string): ContractError {
  return new ContractError("RECORDS_INVALID", `Cannot decode record ${index}: ${state}`, { data: { index } });
}

function* decodeLines(data: Buffer, firstSeq: number): Generator<DecodedRecord> {
  let start = 0;
  for (let index = 0; start < data.length; index++) {
    const end = data.indexOf(0x0a, start);
    if (end === -1) throw damaged(index, "its line feed is missing");
    yield { seq: firstSeq + index, payload: data.subarray(start, end) };
    start = end + 1;
  }
}

function* decodeBinary(data: Buffer, firstSeq: number): Generator<DecodedRecord> {
  let start = 0;
  for (let index = 0; start < data.length; index++) {
    const left = data.length - start;
    if (left < recordHeaderBytes) throw damaged(index, `${left} bytes are less than a header`);
    const end = start + 4 + data.readUInt32BE(start);
    const addressBytes = data[start + 4]!;
    if (addressBytes !== 0 && addressBytes !== 4 && addressBytes !== 16) {
      throw damaged(index, `an address has 0, 4 or 16 bytes, not ${addressBytes}`);
    }
    const payloadStart = start + recordHeaderBytes + addressBytes;
    if (end > data.length) throw damaged(index, `it ends at byte ${end} of ${data.length}`);
    if (payloadStart > end) throw damaged(index, `${end - start} bytes are less than its header`);
    const portAt = start + 5 + addressBytes;
    const micros = data.readUInt32BE(portAt + 2) * 2 ** 32 + data.readUInt32BE(portAt + 6);
    if (!Number.isSafeInteger(micros)) throw damaged(index, "its time is impossible");
    yield {
      seq: firstSeq + index,
      payload: data.subarray(payloadStart, end),
      time: formatMicros(micros),
      ...(addressBytes !== 0 && {
        from: { host: addressText(data.subarray(start + 5, portAt)), port: data.readUInt16BE(portAt) },
      }),
    };
    start = end;
  }
}

function* decodeNdjson(data: Buffer, firstSeq: number): Generator<DecodedRecord> {
  for (const { seq, payload: line } of decodeLines(data, firstSeq)) {
    const fields = parseObject(line);
    if (!fields) throw damaged(seq - firstSeq, "the line is no JSON object");
    if (fields.seq !== undefined && fields.seq !== seq) {
      throw damaged(seq - firstSeq, `it says number ${fields.seq}, its place says ${seq}`);
    }
    const { seq: _, time = fields.receivedAt, from, ...message } = fields;
    const address = typeof from === "string" ? parseAddress(from) : undefined;
    const payload = payloadOf(fields);
    yield {
      seq,
      ...(payload === undefined ? { payload: line, fields: message } : { payload }),
      ...(typeof time === "string" && { time }),
      ...(address && { from: address }),
    };
  }
}

/** Undefined for an object that is no record of the container: such an object is itself the payload, as in `udp.syslog`. */
function payloadOf({ seq, time, text, base64 }: Line): Buffer | undefined {
  if (typeof seq !== "number" || typeof time !== "string") return undefined;
  if (typeof text === "string") return Buffer.from(text);
  return typeof base64 === "string" ? Buffer.from(base64, "base64") : undefined;
}

interface Line extends Readonly<Record<string, unknown>> {
  readonly seq?: unknown;
  readonly time?: unknown;
  readonly receivedAt?: unknown;
  readonly from?: unknown;
  readonly text?: unknown;
  readonly base64?: unknown;
}

function parseObject(line: Buffer): Line | undefined {
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

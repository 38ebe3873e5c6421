import { type CloudEvent, type DecodedRecord, decodeRecords } from "@fairlead/contracts";
import { routingKey } from "@fairlead/contracts/names";
import { formatAddress, printable, toError } from "@fairlead/core";

/**
 * A record has `text`, or `base64` where the payload is no UTF-8. Where the collector decoded the message (syslog, statsd), the
 * fields of the message stand in the record itself. `seq`, `time` and `from` are always the envelope's.
 */
interface RecordAsJson {
  readonly seq: number;
  readonly time?: string;
  readonly from?: string;
  readonly [field: string]: unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An event with its data decoded: `records`, or `data` where the data is one JSON value. */
export function eventAsJson(offset: number, event: CloudEvent): Record<string, unknown> {
  const { data: _, extensions, ...attributes } = event;
  return { offset, ...attributes, ...extensions, ...contentOf(event) };
}

/** An event for a person: a line for each record. */
export function eventAsLines(offset: number, event: CloudEvent): string {
  const { records, data, problem } = contentOf(event);
  const key = routingKey(event.type);
  const line = (seq: number | undefined, time: string, from: string, text: string) =>
    `${printable(`${offset}${seq === undefined ? "" : `#${seq}`}  ${time.slice(0, 23).padEnd(23)}  ${key}  ${from}  ${text}`)}\n`;
  const subject = event.subject ?? event.source;
  const lines = (records ?? []).map((record) =>
    line(record.seq, record.time ?? event.time, record.from ?? subject, payloadAsText(record)),
  );
  if (data !== undefined) lines.push(line(undefined, event.time, subject, JSON.stringify(data)));
  if (problem !== undefined) lines.push(line(undefined, event.time, subject, `(${problem})`));
  return lines.join("");
}

interface Content {
  readonly records?: readonly RecordAsJson[];
  readonly data?: unknown;
  /** Why the other records could not be read. */
  readonly problem?: string;
}

function contentOf(event: CloudEvent): Content {
  // A single record may be JSON too. Only `recordcount` tells a record from an event that has its own data.
  if (event.datacontenttype === "application/json" && event.extensions["recordcount"] === undefined) {
    const text = Buffer.from(event.data).toString();
    const data = parseJson(text);
    return data === undefined ? { data: text, problem: "the data is not JSON" } : { data };
  }
  const records: RecordAsJson[] = [];
  try {
    for (const record of decodeRecords(event)) records.push(recordAsJson(record));
    return { records };
  } catch (error) {
    return { records, problem: toError(error).message };
  }
}

function recordAsJson({ seq, payload, fields, time, from }: DecodedRecord): RecordAsJson {
  return {
    ...(fields ?? payloadOf(payload)),
    seq,
    ...(time === undefined ? {} : { time }),
    ...(from === undefined ? {} : { from: formatAddress(from) }),
  };
}

function payloadOf(payload: Buffer): object {
  try {
    return { text: utf8.decode(payload) };
  } catch {
    return { base64: payload.toString("base64") };
  }
}

function payloadAsText({ seq: _, time: __, from: ___, ...payload }: RecordAsJson): string {
  const { text, base64 } = payload;
  if (typeof text === "string") return text;
  if (typeof base64 === "string") return Buffer.from(base64, "base64").toString("latin1");
  return JSON.stringify(payload);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

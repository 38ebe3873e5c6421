import { isUtf8 } from "node:buffer";
import { ContractError } from "./errors.ts";
import { attributeNames, type CloudEvent, isExtensionName } from "./event.ts";

/** An event as the CloudEvents JSON format 1.0 writes it. */
export interface StructuredEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly datacontenttype: string;
  readonly data?: unknown;
  readonly data_base64?: string;
  /** Extensions stand beside the attributes. */
  readonly [extension: string]: unknown;
}

export const structuredMediaType = "application/cloudevents+json";

const attributes: ReadonlySet<string> = new Set([...attributeNames, "data_base64"]);

function isJson(mediaType: string): boolean {
  return /^application\/(?:json|[^;\s]+\+json)\s*(?:;|$)/i.test(mediaType);
}

/**
 * The JSON form of an event, ready for JSON.stringify. No byte is lost: JSON data becomes a JSON value only if that value gives the
 * same bytes back, other UTF-8 becomes text, everything else `data_base64`.
 */
export function toStructuredJson(event: CloudEvent): StructuredEvent {
  const { extensions, data, ...rest } = event;
  return { specversion: "1.0", ...rest, ...extensions, ...structuredData(data, rest.datacontenttype) };
}

function structuredData(bytes: Uint8Array, mediaType: string): { data: unknown } | { data_base64: string } {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isUtf8(data)) {
    const text = data.toString("utf8");
    if (!isJson(mediaType)) return { data: text };
    try {
      const value: unknown = JSON.parse(text);
      if (JSON.stringify(value) === text) return { data: value };
    } catch {
      // The media type says JSON and the data is none: the bytes are kept as they are.
    }
  }
  return { data_base64: data.toString("base64") };
}

/**
 * An event from its JSON form: text, or the value that JSON.parse gave.
 *
 * @param receivedAtMs the time of an event that names none, in milliseconds since the epoch
 * @throws {ContractError} EVENT_INVALID
 */
export function fromStructuredJson(json: unknown, receivedAtMs: number = Date.now()): CloudEvent {
  const fields = objectOf(json);
  if (fields["specversion"] !== "1.0")
    throw invalid(`specversion is ${JSON.stringify(fields["specversion"])}`);
  const subject = fields["subject"] ?? undefined;
  const time = fields["time"] ?? undefined;
  return {
    id: textOf(fields, "id"),
    source: textOf(fields, "source"),
    type: textOf(fields, "type"),
    ...(subject !== undefined && { subject: textOf(fields, "subject") }),
    time: time === undefined ? new Date(receivedAtMs).toISOString() : timeOf(time),
    // CloudEvents JSON format 1.0, 3.1.1: without a datacontenttype the data is JSON.
    datacontenttype:
      fields["datacontenttype"] == null ? "application/json" : textOf(fields, "datacontenttype"),
    data: dataOf(fields),
    extensions: extensionsOf(fields),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function invalid(state: string): ContractError {
  return new ContractError("EVENT_INVALID", `Cannot read an event: ${state}`);
}

function objectOf(json: unknown): Fields {
  let value = json;
  if (typeof json === "string") {
    try {
      value = JSON.parse(json);
    } catch {
      throw invalid("it is no JSON");
    }
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("it is no JSON object");
  return value as Fields;
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw invalid(`${name} is missing or no text`);
  return value;
}

/** A time of RFC 3339, as the sender wrote the text. @throws {ContractError} EVENT_INVALID */
export function timeOf(value: unknown): string {
  const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;
  if (typeof value === "string" && pattern.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw invalid(`time is ${JSON.stringify(value)}, not RFC 3339`);
}

function dataOf(fields: Fields): Buffer {
  const base64 = fields["data_base64"];
  if (base64 != null) {
    if (fields["data"] != null) throw invalid("it has both data and data_base64");
    if (typeof base64 !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
      throw invalid("data_base64 is no base64");
    return Buffer.from(base64, "base64");
  }
  const data = fields["data"];
  if (data === undefined) return Buffer.alloc(0);
  const mediaType = fields["datacontenttype"];
  if (typeof data === "string" && typeof mediaType === "string" && !isJson(mediaType))
    return Buffer.from(data);
  return Buffer.from(JSON.stringify(data));
}

function extensionsOf(fields: Fields): CloudEvent["extensions"] {
  const extensions: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (attributes.has(name) || value === null) continue;
    if (name !== "dataschema" && !isExtensionName(name))
      throw invalid(`${JSON.stringify(name)} is no attribute name`);
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw invalid(`the extension ${name} is no text, number or boolean`);
    }
    extensions[name] = value;
  }
  return extensions;
}

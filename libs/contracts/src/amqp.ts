import type { CloudEvent } from "@fairlead/core";
import { ContractError } from "./errors.ts";
import { isExtensionName } from "./event.ts";
import { fromStructuredJson, structuredMediaType, timeOf } from "./structured.ts";

/** The part of an AMQP 0-9-1 message that an event is written to; fits amqplib's publish options and messages. */
export interface AmqpMessage {
  readonly content: Buffer;
  readonly properties: AmqpProperties;
}

export interface AmqpProperties {
  readonly contentType?: string | undefined;
  readonly messageId?: string | undefined;
  /** Seconds since the epoch. */
  readonly timestamp?: number | undefined;
  readonly type?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}

/** What `toAmqp` writes: every property is there. */
export interface EventMessage extends AmqpMessage {
  readonly properties: {
    readonly contentType: string;
    readonly messageId: string;
    readonly timestamp: number;
    readonly type: string;
    readonly headers: Readonly<Record<string, string | number | boolean>>;
  };
}

/** Read in this order; the first is the one that is written (contracts.md, On AMQP 0-9-1). */
const prefixes = ["ce-", "cloudEvents:", "cloudEvents_", "ce_"] as const;

/** An event as an AMQP message in binary mode. The content is a view of the event's data. */
export function toAmqp(event: CloudEvent): EventMessage {
  const { data } = event;
  const headers: Record<string, string | number | boolean> = {
    "ce-specversion": "1.0",
    "ce-id": event.id,
    "ce-source": event.source,
    "ce-type": event.type,
    "ce-time": event.time,
  };
  if (event.subject !== undefined) headers["ce-subject"] = event.subject;
  for (const name in event.extensions) headers[`ce-${name}`] = event.extensions[name]!;
  return {
    content: Buffer.from(data.buffer, data.byteOffset, data.length),
    properties: {
      contentType: event.datacontenttype,
      messageId: event.id,
      timestamp: Math.floor(Date.parse(event.time) / 1_000),
      type: event.type,
      headers,
    },
  };
}

/**
 * An event from an AMQP message: binary mode with any of the prefixes `ce-`, `ce_`, `cloudEvents:`, `cloudEvents_`, or
 * structured mode (`application/cloudevents+json`). A missing time is the message's timestamp, else `receivedAtMs`. The
 * data is a view of the content.
 *
 * @throws {ContractError} EVENT_INVALID when it is no CloudEvent
 */
export function fromAmqp(message: AmqpMessage, receivedAtMs: number = Date.now()): CloudEvent {
  const { contentType, timestamp } = message.properties;
  // A sender that counts otherwise than in seconds may be beyond what a date can say.
  const isPossible = timestamp !== undefined && Math.abs(timestamp * 1_000) <= 8.64e15;
  const sentAtMs = isPossible ? timestamp * 1_000 : receivedAtMs;
  if (contentType?.toLowerCase().startsWith(structuredMediaType)) {
    return fromStructuredJson(message.content.toString("utf8"), sentAtMs);
  }
  const attributes = attributesOf(message.properties.headers ?? {});
  const { specversion, id, source, type, subject, time, ...rest } = attributes;
  // An AMQP client may write 1.0 as a number.
  if (specversion !== "1.0" && specversion !== 1)
    throw invalid(`specversion is ${JSON.stringify(specversion)}`);
  const { datacontenttype, ...extensions } = rest;
  return {
    id: required("id", id),
    source: required("source", source),
    type: required("type", type),
    ...(subject !== undefined && { subject: String(subject) }),
    time: time === undefined ? new Date(sentAtMs).toISOString() : timeOf(time),
    datacontenttype: contentType ?? String(datacontenttype ?? "application/octet-stream"),
    data: message.content,
    extensions,
  };
}

type Attributes = Record<string, string | number | boolean>;

/** Attributes by name; headers of others, and values that no attribute can have, are passed over. */
function attributesOf(headers: Readonly<Record<string, unknown>>): Attributes {
  const attributes: Attributes = {};
  for (const prefix of prefixes.toReversed()) {
    for (const [header, value] of Object.entries(headers)) {
      if (!header.startsWith(prefix)) continue;
      const name = header.slice(prefix.length).toLowerCase();
      if (!isExtensionName(name) && !coreAttributes.has(name)) continue;
      if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
        attributes[name] = value;
      }
    }
  }
  return attributes;
}

const coreAttributes: ReadonlySet<string> = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "datacontenttype",
  "dataschema",
]);

function required(name: string, value: string | number | boolean | undefined): string {
  if (value === undefined || value === "") throw invalid(`the header ce-${name} is missing`);
  return String(value);
}

function invalid(state: string): ContractError {
  return new ContractError("EVENT_INVALID", `Cannot read an event from an AMQP message: ${state}`);
}

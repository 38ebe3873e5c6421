/**
 * A CloudEvents event as an AMQP 0-9-1 message, in the binary mode of the CloudEvents AMQP binding
 * (docs/reference/rabbitmq.md).
 */

import { ContractError } from "./errors.ts";
import type { CloudEvent } from "./event.ts";
import { fromStructuredJson, structuredMediaType, timeOf } from "./structured.ts";

/** The parts of an AMQP 0-9-1 message that hold an event. amqplib's publish options and messages have this shape. */
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

/** A message as `toAmqp` writes an event. */
export interface EventMessage extends AmqpMessage {
  readonly properties: {
    readonly contentType: string;
    readonly messageId: string;
    /** Left out when the event's time is no date. */
    readonly timestamp?: number;
    readonly type: string;
    readonly headers: Readonly<Record<string, string | number | boolean>>;
  };
}

/** Prefixes of headers that are read, in this order. The first is the one that is written. */
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
  const seconds = Math.floor(Date.parse(event.time) / 1_000);
  return {
    content: Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.length),
    properties: {
      contentType: event.datacontenttype,
      messageId: event.id,
      // The timestamp is unsigned on the wire.
      ...(seconds >= 0 ? { timestamp: seconds } : {}),
      type: event.type,
      headers,
    },
  };
}

type AmqpAttributes = Record<string, string | number | boolean>;

/**
 * The CloudEvents attributes among a message's headers, by name in lower case. Their headers have one of the prefixes `ce-`, `ce_`,
 * `cloudEvents:`, `cloudEvents_`. Other headers, and values that no attribute can have, are passed over.
 */
export function amqpAttributes(headers: Readonly<Record<string, unknown>>): AmqpAttributes {
  const attributes: AmqpAttributes = {};
  for (const prefix of prefixes.toReversed()) {
    for (const [header, value] of Object.entries(headers)) {
      if (!header.startsWith(prefix)) continue;
      const name = header.slice(prefix.length).toLowerCase();
      if (!/^[a-z0-9]{1,20}$/.test(name) || name === "data") continue;
      if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
        attributes[name] = value;
      }
    }
  }
  return attributes;
}

/** When a message was sent, in milliseconds since the epoch: its timestamp, else when it was received. */
export function amqpSentAtMs({ timestamp }: AmqpProperties, receivedAtMs: number): number {
  // The timestamp of a sender that counts in other units than seconds may be beyond every possible date.
  const isPossible = typeof timestamp === "number" && Math.abs(timestamp * 1_000) <= 8.64e15;
  return isPossible ? timestamp * 1_000 : receivedAtMs;
}

/**
 * An event from an AMQP message: binary mode with any of the prefixes `ce-`, `ce_`, `cloudEvents:`, `cloudEvents_`, or
 * structured mode (`application/cloudevents+json`). A missing time is the message's timestamp, else `receivedAtMs`. The
 * data is a view of the content.
 *
 * @throws {ContractError} EVENT_INVALID when the message is no CloudEvent
 */
export function fromAmqp(message: AmqpMessage, receivedAtMs: number = Date.now()): CloudEvent {
  const { contentType } = message.properties;
  const sentAtMs = amqpSentAtMs(message.properties, receivedAtMs);
  if (contentType?.toLowerCase().startsWith(structuredMediaType)) {
    return fromStructuredJson(message.content.toString("utf8"), sentAtMs);
  }
  const attributes = amqpAttributes(message.properties.headers ?? {});
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

function required(name: string, value: string | number | boolean | undefined): string {
  if (value === undefined || value === "") throw invalid(`the header ce-${name} is missing`);
  return String(value);
}

function invalid(state: string): ContractError {
  return new ContractError("EVENT_INVALID", `Cannot read an event from an AMQP message: ${state}`);
}

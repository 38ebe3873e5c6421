/** An event as an AMQP 0-9-1 message, in the binary mode of the CloudEvents AMQP binding (contracts.md, On AMQP 0-9-1). */
import { type CloudEvent, type EventExtensions, eventTypePrefix, routingKey } from "@fairlead/core";
import type { MessageProperties, Options } from "amqplib";

export interface OutgoingMessage {
  readonly routingKey: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
}

/** Persistent and mandatory, always: a message that no queue takes comes back instead of vanishing. */
export function toMessage(event: CloudEvent): OutgoingMessage {
  const headers: Record<string, unknown> = {
    "ce-specversion": "1.0",
    "ce-id": event.id,
    "ce-source": event.source,
    "ce-type": event.type,
    "ce-time": event.time,
  };
  if (event.subject !== undefined) headers["ce-subject"] = event.subject;
  for (const [name, value] of Object.entries(event.extensions)) headers[`ce-${name}`] = value;
  const { data } = event;
  return {
    routingKey: routingKey(event.type),
    content: Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    options: {
      persistent: true,
      mandatory: true,
      contentType: event.datacontenttype,
      messageId: event.id,
      timestamp: Math.floor(Date.parse(event.time) / 1_000),
      type: event.type,
      headers,
    },
  };
}

/** The prefixes in use for CloudEvents attributes; ours is the first, the rest are accepted on reading. */
const headerPrefixes = ["ce-", "ce_", "cloudEvents:", "cloudEvents_"] as const;
const attributes = new Set(["specversion", "id", "source", "type", "subject", "time", "datacontenttype"]);

function readAttributes(headers: Readonly<Record<string, unknown>>): Map<string, string | number | boolean> {
  const found = new Map<string, string | number | boolean>();
  for (const prefix of headerPrefixes) {
    for (const [header, value] of Object.entries(headers)) {
      if (!header.startsWith(prefix)) continue;
      const name = header.slice(prefix.length);
      if (found.has(name)) continue;
      if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
        found.set(name, value);
    }
  }
  return found;
}

/**
 * The event in a message, whoever wrote it: what the headers do not say comes from the message's own properties, and
 * what those do not say either from where it was found.
 *
 * @param found routing key and place of the message, for a foreign one without CloudEvents headers
 */
export function fromMessage(
  message: { readonly content: Buffer; readonly properties: MessageProperties },
  found: { readonly routingKey: string; readonly place: string; readonly receivedAtMs: number },
): CloudEvent {
  const { content, properties } = message;
  const given = readAttributes(properties.headers ?? {});
  const text = (name: string) => (given.has(name) ? String(given.get(name)) : undefined);
  const extensions: Record<string, string | number | boolean> = {};
  for (const [name, value] of given) if (!attributes.has(name)) extensions[name] = value;
  const seconds: unknown = properties.timestamp;
  const timeMs = typeof seconds === "number" ? seconds * 1_000 : found.receivedAtMs;
  const subject = text("subject");
  return {
    id: text("id") ?? (properties.messageId as string | undefined) ?? found.place,
    source: text("source") ?? (properties.appId as string | undefined) ?? "urn:amqp:unknown",
    type: text("type") ?? (properties.type as string | undefined) ?? eventTypePrefix + found.routingKey,
    ...(subject === undefined ? {} : { subject }),
    time: text("time") ?? new Date(timeMs).toISOString(),
    datacontenttype:
      text("datacontenttype") ?? (properties.contentType as string | undefined) ?? "application/octet-stream",
    data: content,
    extensions: extensions satisfies EventExtensions,
  };
}

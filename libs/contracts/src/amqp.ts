import type { CloudEvent } from "@fairlead/core";
import { type AmqpMessage, amqpAttributes, amqpSentAtMs } from "./amqp-binding.ts";
import { ContractError } from "./errors.ts";
import { fromStructuredJson, structuredMediaType, timeOf } from "./structured.ts";

export { type AmqpMessage, type AmqpProperties, type EventMessage, toAmqp } from "./amqp-binding.ts";

/**
 * An event from an AMQP message: binary mode with any of the prefixes `ce-`, `ce_`, `cloudEvents:`, `cloudEvents_`, or
 * structured mode (`application/cloudevents+json`). A missing time is the message's timestamp, else `receivedAtMs`. The
 * data is a view of the content.
 *
 * @throws {ContractError} EVENT_INVALID when it is no CloudEvent
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

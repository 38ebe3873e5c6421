/** Work messages as AMQP 0-9-1 messages and back. Pure. */
import { createHash } from "node:crypto";
import { createId } from "@fairlead/core";
import type { ConsumeMessage, GetMessage, MessageProperties, Options } from "amqplib";
import { type CheckedMessage, isHeader } from "../message.ts";
import type { DeadLetter } from "../queues.ts";
import { kindOfQueue } from "./topology.ts";

const retriesHeader = "fairlead-retries";
const reasonHeader = "fairlead-reason";
const diedHeader = "fairlead-died-at";

type Headers = Readonly<Record<string, unknown>>;
const headersOf = (properties: MessageProperties): Headers => properties.headers ?? {};

const count = (value: unknown) =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
const text = (value: unknown) => (typeof value === "string" && value.length > 0 ? value : undefined);

export function newMessage(message: CheckedMessage, nowMs: number): Options.Publish {
  return {
    persistent: true,
    mandatory: true,
    messageId: message.id,
    timestamp: Math.floor(nowMs / 1_000),
    headers: message.headers,
  };
}

/**
 * The properties of a message that is published again: all that its author set, and nothing that the broker or we have
 * added on its way. `x-death` would make the broker suspect a cycle and drop the message; `userId` must be our own.
 */
function again(properties: MessageProperties, id: string, ours: Headers): Options.Publish {
  const { contentType, contentEncoding, correlationId, replyTo, timestamp, type, appId } = properties;
  const theirs = Object.entries(headersOf(properties)).filter(([name]) => !/^(x-|fairlead-)/.test(name));
  const kept = { contentType, contentEncoding, correlationId, replyTo, timestamp, type, appId };
  return {
    ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
    persistent: true,
    mandatory: true,
    messageId: id,
    headers: { ...Object.fromEntries(theirs), ...ours },
  };
}

export const retriedMessage = (properties: MessageProperties, id: string, retries: number) =>
  again(properties, id, { [retriesHeader]: retries });

export const deadMessage = (
  properties: MessageProperties,
  id: string,
  reason: string,
  retries: number,
  nowMs: number,
) => again(properties, id, { [retriesHeader]: retries, [reasonHeader]: reason, [diedHeader]: nowMs });

export const revivedMessage = (properties: MessageProperties, id: string) => again(properties, id, {});

export interface ReceivedFacts {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly retries: number;
}

export function factsOf({ properties }: ConsumeMessage | GetMessage): ReceivedFacts {
  const headers = headersOf(properties);
  return {
    id: text(properties.messageId) ?? createId(),
    headers: Object.fromEntries(
      Object.entries(headers).filter((entry): entry is [string, string] => isHeader(...entry)),
    ),
    retries: count(headers[retriesHeader]),
  };
}

/**
 * Times that a quorum queue has handed the message out before: `x-delivery-count` up to 4.2. Since 4.3 that header counts only what
 * counts against the delivery limit (a lost channel, not a nack), and `x-acquired-count` has the number (rabbitmq-server pull
 * requests 13885 and 15387; documentation, Quorum Queues, Poison Message Handling). Neither header is there the first time.
 */
export function redeliveriesOf({ fields, properties }: ConsumeMessage): number {
  if (!fields.redelivered) return 0;
  const headers = headersOf(properties);
  return Math.max(1, count(headers["x-acquired-count"] ?? headers["x-delivery-count"]));
}

interface Death {
  readonly reason?: unknown;
  readonly queue?: unknown;
  readonly time?: { readonly value?: unknown };
}

/** The newest stands first. An older one may be the expiry in a delay queue. */
function lastDeath(properties: MessageProperties): Death | undefined {
  const deaths = headersOf(properties)["x-death"];
  return Array.isArray(deaths) ? deaths[0] : undefined;
}

/** The broker's own reasons, in words (documentation, Dead Letter Exchanges). */
const brokerReasons: Readonly<Record<string, string>> = {
  delivery_limit: "delivery limit",
  rejected: "rejected by its consumer",
  expired: "expired",
  maxlen: "its queue was full",
};

/** Where a dead letter came from: its kind, or the name of the queue where that is not one of ours. */
export function originOf({ fields, properties }: GetMessage): { kind: string | undefined; queue: string } {
  const queue = text(lastDeath(properties)?.queue);
  // What we have dead-lettered ourselves has its kind as routing key and has not died in a queue.
  if (queue === undefined) return { kind: fields.routingKey, queue: fields.routingKey };
  return { kind: kindOfQueue(queue), queue };
}

/** The id of a dead letter. A foreign message without an id gets one from its content, so that each look gives the same. */
export const deadIdOf = ({ content, properties }: GetMessage): string =>
  text(properties.messageId) ?? `sha256:${createHash("sha256").update(content).digest("hex")}`;

export function deadLetterOf(message: GetMessage): DeadLetter {
  const headers = headersOf(message.properties);
  const death = lastDeath(message.properties);
  const brokerReason = text(death?.reason);
  const { kind, queue } = originOf(message);
  const seconds = count(death?.time?.value);
  const diedAtMs = count(headers[diedHeader]) || seconds * 1_000;
  return {
    ...factsOf(message),
    id: deadIdOf(message),
    kind: kind ?? queue,
    body: message.content,
    reason:
      text(headers[reasonHeader]) ??
      (brokerReason === undefined ? "unknown" : (brokerReasons[brokerReason] ?? brokerReason)),
    diedAtMs: diedAtMs > 0 ? diedAtMs : undefined,
  };
}

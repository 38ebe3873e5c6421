/** An event as an AMQP 0-9-1 message, in the binary mode of the CloudEvents AMQP binding (docs/reference/rabbitmq.md). */
import { type AmqpMessage, amqpAttributes, amqpSentAtMs, type CloudEvent, toAmqp } from "@fairlead/contracts";
import { eventTypePrefix, routingKey } from "@fairlead/contracts/names";
import type { Options } from "amqplib";

export interface OutgoingMessage {
  readonly routingKey: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
}

/** Persistent and mandatory, always: a message that no queue takes comes back instead of vanishing. */
export function toMessage(event: CloudEvent): OutgoingMessage {
  const { content, properties } = toAmqp(event);
  return {
    routingKey: routingKey(event.type),
    content,
    options: { ...properties, persistent: true, mandatory: true },
  };
}

/** A short string of AMQP 0-9-1 (4.2.5.3). */
const maxShortBytes = 255;
/** All attributes of a message have to fit into one header frame, and amqplib encodes them in 64 KiB. */
const maxAttributeBytes = 48 << 10;

/** Why a broker could never take this event, whatever its state; undefined when it can. */
export function messageRefusal(event: CloudEvent): string | undefined {
  const { id, type, datacontenttype, source, subject = "", extensions } = event;
  for (const [name, value] of [
    ["id", id],
    ["type", type],
    ["datacontenttype", datacontenttype],
  ] as const) {
    if (value.length * 3 > maxShortBytes && Buffer.byteLength(value) > maxShortBytes)
      return `its ${name} has ${Buffer.byteLength(value)} bytes and the limit of AMQP is ${maxShortBytes}`;
  }
  let characters = 1_024 + source.length + subject.length;
  for (const name in extensions) {
    if (!/^[a-z0-9]{1,20}$/.test(name))
      return `the extension name ${JSON.stringify(name.slice(0, 40))} is not 1 to 20 lower-case letters and digits`;
    characters += 32 + String(extensions[name]).length;
  }
  if (characters * 3 <= maxAttributeBytes) return undefined;
  const bytes = Buffer.byteLength(JSON.stringify({ ...event, data: "" }));
  return bytes > maxAttributeBytes
    ? `its attributes have ${bytes} bytes and the limit is ${maxAttributeBytes}`
    : undefined;
}

const scalars: ReadonlySet<string> = new Set(["string", "number", "boolean"]);

/**
 * The event in a message, whoever wrote it: what the headers do not say comes from the message's own properties, and
 * what those do not say either from where it was found. Raises nothing: a log is read past whatever stands in it.
 *
 * @param found routing key and place of the message, for a foreign one without CloudEvents headers
 */
export function fromMessage(
  { content, properties }: AmqpMessage & { readonly properties: { readonly appId?: unknown } },
  found: { readonly routingKey: string; readonly place: string; readonly receivedAtMs: number },
): CloudEvent {
  const attributes = amqpAttributes(properties.headers ?? {});
  const { specversion, id, source, type, subject, time, datacontenttype, ...extensions } = attributes;
  const first = (...values: readonly unknown[]) => String(values.find((value) => scalars.has(typeof value)));
  return {
    id: first(id, properties.messageId, found.place),
    source: first(source, properties.appId, "urn:amqp:unknown"),
    type: first(type, properties.type, eventTypePrefix + found.routingKey),
    ...(subject === undefined ? {} : { subject: String(subject) }),
    time: first(time, new Date(amqpSentAtMs(properties, found.receivedAtMs)).toISOString()),
    datacontenttype: first(properties.contentType, datacontenttype, "application/octet-stream"),
    data: content,
    extensions,
  };
}

/**
 * The versions of RabbitMQ that are supported, and what differs between them. The version is read from the connection's server
 * properties at each connect; an older broker is refused. One topology serves all of them, because bus and
 * queues say everything explicitly that differs:
 *
 * | since | what | what we do |
 * |---|---|---|
 * | 3.10 | quorum queues take `x-message-ttl` and dead-letter at least once with `x-overflow: reject-publish` (release notes of 3.10.0; documentation, Quorum Queues, At-least-once dead-lettering) | the oldest version that is taken |
 * | 4.0 | a quorum queue without `x-delivery-limit` gets the limit 20; `-1` lifts it and is an error before (release notes of 4.0) | every queue has an explicit limit above 0 |
 * | 4.0 | a message has at most 16 MiB (`max_message_size`; 128 MiB before) | no event is larger (`maxEventBytes` of the bus) |
 * | 4.0 | clients cannot set `x-death`, and a broker that sees a cycle drops the message (release notes of 4.0; documentation, Dead Letter Exchanges) | what is published again carries no `x-` header (libs/queues) |
 * | 4.0 | classic mirrored queues are gone | quorum queues and one stream only |
 * | 4.3 | `x-delivery-count` counts failed deliveries only, `x-acquired-count` all (pull requests 13885 and 15387) | both are read (libs/queues) |
 */
import { AmqpError } from "./errors.ts";

export interface Broker {
  /** As the server says it: "4.0.5". */
  readonly version: string;
}

/**
 * Age in milliseconds from which a queue is published to. RabbitMQ writes the name of a queue's Raft server with a delay. A broker that is
 * killed before has forgotten the queue: a quorum queue comes back empty and without a leader, whatever the queue had confirmed
 * ("Starting member as a new one"), and a stream stays down (measured on 3.10.8: lost up to 1 s, never from 2 s on; rabbitmq-server
 * issue 15725). A process that finds a queue does not know its age: a second process that starts within this time publishes at once.
 */
export const queueSettleMs = 5_000;

const oldest = { major: 3, minor: 10 } as const;

const text = (value: unknown) =>
  typeof value === "string" ? value : Buffer.isBuffer(value) ? value.toString() : "";

/** @throws {AmqpError} for a broker that is not RabbitMQ or too old */
export function parseBroker(properties: Readonly<Record<string, unknown>>): Broker {
  const product = text(properties["product"]);
  const version = text(properties["version"]);
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const isSupported = major > oldest.major || (major === oldest.major && minor >= oldest.minor);
  if (product !== "RabbitMQ" || !isSupported) {
    const name = `${product || "of unknown make"} ${version}`.trim();
    const needed = `RabbitMQ ${oldest.major}.${oldest.minor} or newer is needed (quorum queues with TTL, streams)`;
    throw new AmqpError(`Cannot use the broker ${name}: ${needed}`);
  }
  return { version };
}

/**
 * Why a connection could not be made, in words. RabbitMQ closes the connection in the middle of the handshake when the virtual host is not
 * there, or the user may not use the virtual host (AMQP 0-9-1, Connection.Open). amqplib then names the frame that it did not expect.
 */
export function connectFailure(url: string, error: Error): string {
  if (!/^Expected ConnectionOpenOk; got <ConnectionClose/.test(error.message)) return error.message;
  const { pathname, username } = new URL(url);
  const host = decodeURIComponent(pathname.slice(1)) || "/";
  const user = decodeURIComponent(username) || "guest";
  return `the virtual host "${host}" does not exist, or the user "${user}" may not use it`;
}

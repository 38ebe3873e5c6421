/**
 * What differs between the versions of RabbitMQ that are supported, each with its source. The version is read from the
 * connection's server properties; everything else in the driver asks here.
 */
import { BusError } from "../errors.ts";

export interface Broker {
  /** As the server says: "RabbitMQ". */
  readonly product: string;
  readonly version: string;
  readonly node: string;
  /**
   * Quorum queues take `x-message-ttl`, and dead-letter at least once with `x-overflow: reject-publish`: since 3.10
   * (release notes of 3.10.0; documentation, Quorum Queues, At-least-once dead-lettering).
   */
  readonly hasQuorumTtl: boolean;
  /**
   * A quorum queue without `x-delivery-limit` gets the limit 20: since 4.0 (release notes of 4.0). We always set the limit, so
   * that both act the same; `-1` lifts it on 4.x only and is an error on 3.x, so that it is never used.
   */
  readonly hasDefaultDeliveryLimit: boolean;
  /** Classic mirrored queues are gone, and Khepri may hold the metadata: since 4.0. */
  readonly isVersion4: boolean;
}

/**
 * A queue that was made less than this ago is not published to yet. The broker writes the name of its Raft server with a delay;
 * killed before that, it forgets the queue: a quorum queue comes back empty and without a leader, whatever it had confirmed
 * ("Starting member as a new one"), a stream stays down (measured on 3.10.8: lost up to 1 s, never from 2 s on;
 * rabbitmq-server issue 15725). Who finds the queue does not know its age: a second
 * process that starts within this time publishes at once.
 */
export const queueSettleMs = 5_000;

const oldestSupported = [3, 10] as const;

const text = (value: unknown) =>
  typeof value === "string" ? value : Buffer.isBuffer(value) ? value.toString() : "";

/** @throws {BusError} BUS_FAILED for a broker that is not RabbitMQ or too old; not retryable */
export function parseBroker(properties: Readonly<Record<string, unknown>>): Broker {
  const product = text(properties["product"]);
  const version = text(properties["version"]);
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const atLeast = (wantedMajor: number, wantedMinor: number) =>
    major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  if (product !== "RabbitMQ" || !atLeast(...oldestSupported)) {
    throw new BusError(
      "BUS_FAILED",
      `Cannot use the broker ${product || "of unknown make"} ${version}: RabbitMQ ${oldestSupported.join(".")} or newer is needed (quorum queues with TTL, streams)`,
    );
  }
  return {
    product,
    version,
    node: text(properties["cluster_name"]),
    hasQuorumTtl: true,
    hasDefaultDeliveryLimit: atLeast(4, 0),
    isVersion4: atLeast(4, 0),
  };
}

import { join, resolve } from "node:path";
import { type AmqpBusOptions, type Bus, observeBus, openAmqpBus, openSqliteBus } from "@fairlead/bus";
import { bytes, count, crossCheck, duration, serverUrl } from "@fairlead/chassis";
import { type Clock, formatBytes, type Logger, type Meter } from "@fairlead/core";
import { openAmqpQueues, openSqliteQueues, type WorkQueues } from "@fairlead/queues";
import { z } from "zod";

const amqpUrl = serverUrl(["amqp:", "amqps:"], "amqp://user:password@host:port/vhost, or amqps:// for TLS");

const amqpConfigSchema = z.strictObject({
  url: amqpUrl.describe(
    "Address of RabbitMQ 3.10 or newer, with user and password. FAIRLEAD_AMQP_URL, FAIRLEAD_AMQP_URL_FILE.",
  ),
  windowMessages: count(1_024).describe(
    "Messages that may be under way without a confirm; further ones wait.",
  ),
  windowBytes: bytes("32MiB").describe("Bytes that may be under way without a confirm; further ones wait."),
  confirmTimeout: duration("5s", { min: "100ms" }).describe(
    "When RabbitMQ has not confirmed a message by then, the connection is given up and the spool takes over.",
  ),
  heartbeat: duration("10s", { min: "1s" }).describe(
    "Heartbeat of the connections, in whole seconds; one that is silent for two of them is given up.",
  ),
  connectTimeout: duration("5s", { min: "100ms" }).describe(
    "For connecting, and again for declaring queues, at most.",
  ),
  maxReconnectDelay: duration("5s", { min: "100ms" }).describe(
    "Longest pause between two attempts to connect.",
  ),
  logMaxBytes: bytes("8GiB", { min: "1MiB" }).describe(
    "Size of the log stream in RabbitMQ; then its oldest segments go. Cannot be changed while the queue exists.",
  ),
  logMaxAge: duration("7d", { min: "1s" }).describe(
    "Age after which segments of the log stream go. Cannot be changed while the queue exists.",
  ),
  inboxMaxBytes: bytes("1GiB", { min: "1MiB" }).describe(
    "Size of the inbox queue; when it is full, events wait in the spool. Cannot be changed while the queue exists.",
  ),
});

const spoolConfigSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .default("spool.db")
    .describe("File of the events that wait for RabbitMQ; relative to the data directory."),
  maxBytes: bytes("4GiB", { min: "1MiB" }).describe(
    "Size of the spool; when it is full, producers are refused with LOG_FULL. It stays smaller on a disk with less room.",
  ),
  maxBytesPerSecond: bytes(undefined, { min: "1KiB" })
    .optional()
    .describe(
      "Bytes per second at most that the spool sends once RabbitMQ is back. Not set: as fast as RabbitMQ confirms.",
    ),
});

const busSection = z.strictObject({
  maxAge: duration("7d", { min: "1s" }).describe(
    "Events older than this are deleted from the log. Embedded engine only, as `maxBytes` and `minAge`.",
  ),
  maxBytes: bytes("4GiB", { min: "1MiB" }).describe(
    "Size that the log may reach on disk, at least 1MiB; then the oldest events are deleted. It stays smaller on a disk with less room.",
  ),
  minAge: duration("10m", { min: "0ms" }).describe(
    "An event younger than this is never deleted for want of room: producers are refused with LOG_FULL instead, so that readers this far behind miss nothing.",
  ),
  maxEventBytes: bytes("16MiB").describe(
    "A larger event is refused with EVENT_TOO_LARGE; at most `maxPendingBytes`. RabbitMQ 4 takes 16MiB unless its max_message_size says otherwise.",
  ),
  maxPendingEvents: count(100_000).describe(
    "Events that may wait to be durable; more are refused with BUS_OVERLOADED.",
  ),
  maxPendingBytes: bytes("64MiB").describe(
    "Bytes that may wait to be durable, held in memory; more are refused with BUS_OVERLOADED.",
  ),
  inbox: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Routing patterns ("tcp.*") whose events also go to the queue `fairlead.inbox.v1` of RabbitMQ, for a back end without queues of its own. None: there is no such queue.',
    ),
  amqp: amqpConfigSchema
    .optional()
    .describe("RabbitMQ instead of the log on this disk. Set by FAIRLEAD_AMQP_URL as well."),
  spool: spoolConfigSchema
    .prefault({})
    .describe("Takes events while RabbitMQ does not; used with `amqp` only."),
});

/** The section `bus` of the configuration. */
export const busConfigSchema = crossCheck(busSection, ({ maxEventBytes, maxPendingBytes }, { refuse }) => {
  if (maxEventBytes === undefined || maxPendingBytes === undefined || maxEventBytes <= maxPendingBytes)
    return;
  const limit = `maxPendingBytes (${formatBytes(maxPendingBytes)})`;
  refuse(["maxEventBytes"], `must be at most ${limit}: an event has to fit into what may wait to be durable`);
});

/** The section as checked. */
export type BusConfig = z.output<typeof busConfigSchema>;

export interface BusParts {
  /** Holds `events.db`, `queues.db` and, where its path is relative, the spool. */
  readonly dataDir: string;
  /** Name of the process, shown in RabbitMQ's list of connections. */
  readonly name: string;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly clock: Clock;
}

/**
 * Opens the bus that the configuration describes, with its metrics: on RabbitMQ where `amqp` is set, else on this disk.
 * @throws {BusError} LOG_IN_USE, LOG_TOO_NEW, BUS_FAILED. RabbitMQ may be away: then the spool takes events
 */
export async function openBus(config: BusConfig, parts: BusParts): Promise<Bus> {
  const { logger, meter, clock } = parts;
  if (config.amqp !== undefined)
    return observeBus(await openAmqpBus(amqpBusOptions(config, config.amqp, parts)), meter);
  if (config.inbox.length > 0)
    logger.warn({}, "bus.inbox does nothing without RabbitMQ: set bus.amqp.url or FAIRLEAD_AMQP_URL");
  const { maxAge: maxAgeMs, minAge: minAgeMs, amqp, spool, inbox, ...limits } = config;
  const path = join(parts.dataDir, "events.db");
  return observeBus(await openSqliteBus({ ...limits, path, maxAgeMs, minAgeMs, logger, clock }), meter);
}

type AmqpConfig = NonNullable<BusConfig["amqp"]>;

/** The options of every connection to RabbitMQ. */
const linkOptions = ({ url, heartbeat, connectTimeout, maxReconnectDelay }: AmqpConfig) => ({
  url,
  heartbeatSeconds: Math.ceil(heartbeat / 1_000),
  connectTimeoutMs: connectTimeout,
  reconnectMaxMs: maxReconnectDelay,
});

/** The options of the bus on RabbitMQ. A spool is emptied with the same options. */
export function amqpBusOptions(
  { spool, inbox, maxEventBytes, maxPendingEvents, maxPendingBytes }: BusConfig,
  amqp: AmqpConfig,
  { dataDir, ...parts }: Omit<BusParts, "meter">,
): AmqpBusOptions {
  const { logMaxBytes, logMaxAge: logMaxAgeMs, inboxMaxBytes, windowMessages, windowBytes } = amqp;
  return {
    ...linkOptions(amqp),
    ...parts,
    spool: { ...spool, path: resolve(dataDir, spool.path) },
    topology: { logMaxBytes, logMaxAgeMs, inbox, inboxMaxBytes },
    windowMessages,
    windowBytes,
    maxEventBytes,
    maxPendingEvents,
    maxPendingBytes,
    confirmTimeoutMs: amqp.confirmTimeout,
  };
}

/**
 * Opens the work queues beside the bus that the configuration describes, with their metrics: on RabbitMQ where `amqp` is set, else
 * on this disk in `<dataDir>/queues.db`.
 * @throws {QueueError} QUEUES_IN_USE, QUEUES_TOO_NEW, QUEUES_FAILED. RabbitMQ may be away: then `enqueue` waits for it
 */
export async function openQueues(
  { amqp }: Pick<BusConfig, "amqp">,
  { dataDir, ...parts }: BusParts,
): Promise<WorkQueues> {
  if (amqp === undefined) return openSqliteQueues({ path: join(dataDir, "queues.db"), ...parts });
  const { windowMessages: maxPendingMessages, windowBytes: maxPendingBytes } = amqp;
  return openAmqpQueues({ ...linkOptions(amqp), maxPendingMessages, maxPendingBytes, ...parts });
}

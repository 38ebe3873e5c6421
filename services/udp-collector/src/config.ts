import {
  bytes,
  checkNames,
  checkPublicAddress,
  cidr,
  count,
  crossCheck,
  duration,
  flag,
  host,
  port,
  type Sound,
  section,
} from "@fairlead/chassis";
import { eventTypes } from "@fairlead/contracts/names";
import { routingKey } from "@fairlead/core";
import type { PlannedSocket, ServicePlan } from "@fairlead/engine";
import { z } from "zod";

const name = z
  .string({ error: "must be text" })
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: "must be 1 to 63 lower-case letters, digits and hyphens" })
  .describe("Name of the listener: in events, metrics, logs and the HTTP API");

const multicast = z
  .strictObject({
    groups: z.array(z.string()).min(1).describe("Groups to join, IPv4 or IPv6 as the host is"),
    interface: z
      .string()
      .optional()
      .describe(
        'Interface to join on: an IPv4 address, or for IPv6 a zone like "::%eth0". Default: the system\'s',
      ),
  })
  .optional()
  .describe("Multicast groups to listen to. Default: none");

const batch = section({
  maxRecords: count(10_000, { max: 1_000_000 }).describe(
    "Records of one event at most; more become the next event",
  ),
  maxBytes: bytes("1MiB", { min: "1KiB", max: "8MiB" }).describe(
    "Data of one event at most, before the container is added; a larger record is an event of its own",
  ),
  linger: duration("5ms", { max: "100ms" }).describe(
    "Shortest time between two events of a busy listener; a datagram after a longer silence is published at once",
  ),
}).describe("How datagrams become events");

const shared = {
  name,
  host: host("127.0.0.1").describe(
    "Address to bind; decides the family. One that is not loopback needs `allow`",
  ),
  port: port(0).describe("Port to bind; 0: any free one"),
  receiveBuffer: bytes("8MiB", { min: "4KiB", max: "1GiB" }).describe(
    "Receive buffer asked of the kernel, which may grant less (net.core.rmem_max); what does not fit is in kernel_dropped",
  ),
  maxPendingDatagrams: count(200_000).describe(
    "Datagrams that wait for their event at most; the newest is dropped and counted as rejected{reason=overflow}",
  ),
  maxPendingBytes: bytes("64MiB", { min: "64KiB" }).describe(
    "The same in bytes. While a batch is published another may wait",
  ),
  reusePort: flag(false).describe(
    "Share the port between processes; the kernel spreads by source (SO_REUSEPORT)",
  ),
  reuseAddress: flag(false).describe("Several sockets on one multicast port, each hears all (SO_REUSEADDR)"),
  ipv6Only: flag(false).describe('With host "::": take no IPv4'),
  multicast,
  allow: z
    .array(cidr())
    .min(1)
    .optional()
    .describe("Sources to take; others are rejected{reason=denied}. Default: all (on loopback)"),
  deny: z.array(cidr()).default([]).describe("Sources not to take; stands above allow"),
};

const reply = z
  .discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("echo") }).describe("The datagram itself"),
    z
      .strictObject({
        mode: z.literal("text"),
        text: z.string().min(1).max(1_400).describe("What is sent, 1 to 1,400 characters"),
      })
      .describe("This text"),
  ])
  .optional()
  .describe("Answer to the sender once its datagram is durable. Default: none");

const raw = z
  .strictObject({
    ...shared,
    kind: z.literal("raw"),
    batch,
    container: z
      .enum(["records", "ndjson", "single"])
      .default("records")
      .describe("records: binary with source and time; ndjson: for people; single: one event per datagram"),
    mediaType: z
      .string()
      .min(1)
      .default("application/octet-stream")
      .describe("Of the data of a single event"),
    reply,
  })
  .describe("Datagrams as they are");

const isTimeZone = (text: string) => {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
};

const syslog = z
  .strictObject({
    ...shared,
    kind: z.literal("syslog"),
    batch,
    timeZone: z
      .string()
      .refine(isTimeZone, { error: 'must be a time zone like "UTC" or "Europe/Berlin"' })
      .default("UTC")
      .describe("Zone of senders that give a timestamp without an offset (RFC 3164)"),
  })
  .describe("Syslog of RFC 5424 and RFC 3164");

const statsd = z
  .strictObject({
    ...shared,
    kind: z.literal("statsd"),
    flushInterval: duration("10s", { min: "10ms", max: "1h" }).describe(
      "Metrics are aggregated over this time, then published",
    ),
    maxSeries: count(10_000, { max: 1_000_000 }).describe(
      "Series per flush at most; further ones are passed raw",
    ),
    maxStateBytes: bytes("64MiB", { min: "64KiB" }).describe(
      "Memory of the series of a flush, estimated; what needs more is passed raw",
    ),
    maxRawBytes: bytes("4MiB", { min: "4KiB" }).describe(
      "Events, service checks and lines that were not taken, per flush; more are counted in the summary only",
    ),
    maxEventBytes: bytes("1MiB", { min: "1KiB", max: "8MiB" }).describe(
      "Data of one event at most; a larger flush becomes several",
    ),
    signedGauge: z
      .enum(["delta", "absolute"])
      .default("delta")
      .describe(
        "A gauge value with a sign moves the gauge (delta, StatsD) or is its value (absolute, DogStatsD)",
      ),
  })
  .describe("StatsD and DogStatsD");

const listener = crossCheck(z.discriminatedUnion("kind", [raw, syslog, statsd]), checkPublicAddress);

export type RawListenerConfig = z.output<typeof raw>;
export type SyslogListenerConfig = z.output<typeof syslog>;
export type StatsdListenerConfig = z.output<typeof statsd>;
export type ListenerConfig = z.output<typeof listener>;

const defaults = [
  { name: "raw", kind: "raw", port: 7010 },
  { name: "syslog", kind: "syslog", port: 5514 },
  { name: "statsd", kind: "statsd", port: 8125 },
] as const satisfies readonly z.input<typeof listener>[];

/** The section `udp-collector` of the configuration. */
export const udpCollectorConfig = crossCheck(
  section({
    listeners: z
      .array(listener)
      .prefault([...defaults])
      .describe("Sockets to bind. Default: raw on 7010, syslog on 5514, statsd on 8125"),
  }),
  ({ listeners = [] }, context) => checkNames(listeners, context),
);

export type UdpCollectorConfig = z.output<typeof udpCollectorConfig>;

const eventTypeOf = {
  raw: eventTypes.udpRecords,
  syslog: eventTypes.udpSyslog,
  statsd: eventTypes.udpStatsd,
} as const;

/** What a start would bind and publish. */
export function collectorPlan(config: Sound<UdpCollectorConfig>): ServicePlan {
  const { listeners = [] } = config;
  return {
    sockets: plannedSockets(config),
    connections: 0,
    eventTypes: listeners.flatMap(({ kind } = {}) => (kind ? [routingKey(eventTypeOf[kind])] : [])),
  };
}

function plannedSockets({ listeners = [] }: Sound<UdpCollectorConfig>): PlannedSocket[] {
  return listeners.flatMap((listener = {}, index) => {
    const {
      name,
      host,
      port,
      reusePort = false,
      reuseAddress = false,
      ipv6Only = false,
      receiveBuffer,
    } = listener;
    if (host === undefined || port === undefined) return [];
    return {
      scheme: "udp",
      host,
      port,
      what: `listener ${name}`,
      key: ["listeners", index, "port"],
      isShared: reusePort || reuseAddress,
      ipv6Only,
      ...(receiveBuffer !== undefined && { receiveBufferBytes: receiveBuffer }),
    };
  });
}

import {
  bytes,
  type CrossCheck,
  checkNames,
  checkPublicAddress,
  cidr,
  count,
  crossCheck,
  duration,
  flag,
  host,
  port,
  ratePerSecond,
  type Sound,
  section,
} from "@fairlead/chassis";
import { eventTypes } from "@fairlead/contracts/names";
import { routingKey } from "@fairlead/core";
import type { PlannedSocket, ServicePlan } from "@fairlead/engine";
import { createCodec } from "@fairlead/socket";
import { z } from "zod";
import { type CodecConfig, codecSchema, toCodecOptions } from "./codec-config.ts";

/** A time limit that may be switched off by name: 0 never means "unlimited". */
const timeLimit = (fallback: string) =>
  z
    .union([z.literal("none"), duration()])
    .prefault(fallback)
    .transform((value) => (value === "none" ? undefined : value));

const limits = section({
  maxConnections: count(10_000).describe("Connections at once; one more is reset. With workers: of each."),
  maxConnectionsPerAddress: count(1_000).describe("Connections at once from one address; one more is reset."),
  acceptRate: ratePerSecond()
    .optional()
    .describe("Connections taken a second on average; one more is reset. Not set: no limit."),
  firstByte: timeLimit("1m").describe(
    'From the connect to the first byte, then it is closed; "none" for no limit.',
  ),
  frame: timeLimit("30s").describe(
    "From the first byte of a frame to its last: cuts a client that drips bytes.",
  ),
  idle: timeLimit("15m").describe("Without a byte in either direction."),
  total: timeLimit("none").describe("From the connect to the end, whatever happens."),
  send: timeLimit("30s").describe("A client that does not take what is sent to it is closed after so long."),
});

/** What every listener has, whatever it does with the bytes. */
const shared = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, { error: "must be 1 to 40 of a-z, 0-9 and -, beginning with a letter" })
    .describe("Names the listener in events, metrics and logs."),
  host: host("127.0.0.1").describe("Address to listen on. One that is not loopback needs `allow`."),
  port: port().optional().describe("TCP port; 0 for any free one. Either this or path."),
  path: z
    .string()
    .min(1)
    .max(107)
    .optional()
    .describe("Path of a Unix-domain stream socket, instead of a port."),
  banner: z
    .string()
    .min(1)
    .max(1_024)
    .optional()
    .describe("Sent as it is when a client connects, its line end included."),
  limits,
  allow: z
    .array(cidr())
    .min(1)
    .optional()
    .describe("Only these addresses may connect. Not set: all (on loopback)."),
  deny: z.array(cidr()).default([]).describe("These may not connect, even where allow has them."),
  lifecycleEvents: flag(true).describe("Publish tcp.opened and tcp.closed for each connection."),
  keepAlive: duration("1m").describe(
    "Idle time before TCP probes a silent peer: finds peers that have vanished.",
  ),
  linger: duration("2s", { max: "1m" }).describe(
    "How long a client may take to read our last words and to close.",
  ),
  backlog: count(1_024, { max: 65_535 }).describe("Connections that the kernel holds until they are taken."),
};

const ingest = z
  .strictObject({
    ...shared,
    mode: z
      .literal("ingest")
      .optional()
      .default("ingest")
      .describe("ingest: frames become events; echo: every byte comes back, nothing is kept."),
    codec: codecSchema.prefault({ name: "lines" }).describe("How frames are found in the bytes."),
    acks: z
      .enum(["durable", "none"])
      .default("durable")
      .describe(
        "durable: `OK <n>` when n records of the connection are durable; none: nothing is ever sent, and nothing is read while the bus refuses, so that the sender queues.",
      ),
    container: z
      .enum(["lines", "records", "ndjson", "single"])
      .optional()
      .describe("Form of the events' data. Not set: lines for codecs of text lines, records for the others."),
    mediaType: z
      .string()
      .regex(/^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/, { error: 'must be a media type like "text/plain"' })
      .default("application/octet-stream")
      .describe("Media type of a record in the container `single`."),
    credit: bytes("1MiB", { min: "64KiB", max: "1GiB" }).describe(
      "Bytes of one connection that are not durable yet, at which its reading pauses (and one read more).",
    ),
    batch: section({
      maxRecords: count(10_000, { max: 1_000_000 }).describe("Records of one event at most."),
      maxSize: bytes("1MiB", { max: "8MiB" }).describe(
        "Payload of one event at most; a larger frame goes alone.",
      ),
    }),
  })
  .describe("Frames become events.");

const echo = z
  .strictObject({ ...shared, mode: z.literal("echo") })
  .describe("Every byte comes back, nothing is kept.");

const listenerSchema = crossCheck(z.discriminatedUnion("mode", [ingest, echo]), checkListener);

export type ListenerConfig = z.output<typeof ingest> | z.output<typeof echo>;
export type IngestListenerConfig = z.output<typeof ingest>;

/** What no single key can see. */
function checkListener(listener: Sound<ListenerConfig>, context: CrossCheck): void {
  const { refuse, hasError } = context;
  const hasPath = listener.path !== undefined || hasError(["path"]);
  const hasPort = listener.port !== undefined || hasError(["port"]);
  if (hasPort === hasPath) refuse(["port"], "give either a port or a path, and not both");
  if (!hasPath) checkPublicAddress(listener, context);
  if (listener.mode !== "ingest" || listener.container !== "lines" || hasError(["codec"])) return;
  const codec = createCodec(toCodecOptions(listener.codec as CodecConfig));
  if (codec.isText) return;
  refuse(
    ["container"],
    `frames of the codec ${codec.name} may contain line feeds: use records, ndjson or single`,
  );
}

const defaultListeners: z.input<typeof listenerSchema>[] = [
  { name: "lines", port: 7001 },
  // A syslog sender without acknowledgements loses what it sent into a connection that we closed for being idle.
  { name: "syslog", port: 5514, codec: { name: "octet-counting" }, acks: "none", limits: { idle: "none" } },
];

const gateway = z
  .strictObject({
    workers: count(1, { max: 64 }).describe(
      "Processes that share every port (SO_REUSEPORT). The limits of a listener hold for each of them.",
    ),
    credit: bytes("32MiB", { min: "1MiB" }).describe(
      "Bytes of all connections together that are not durable yet, at which reading pauses. Keep it under the bus's maxPendingBytes.",
    ),
    listeners: z
      .array(listenerSchema)
      .prefault(defaultListeners)
      .describe("Listeners. Not set: lines and syslog."),
  })
  .prefault({});

/** The section `tcp-gateway` of the configuration. */
export const configSchema = crossCheck(gateway, ({ listeners = [], workers = 1 }, context) => {
  checkNames(listeners, context);
  for (const [index, listener] of listeners.entries()) {
    if (listener?.path !== undefined && workers > 1)
      context.refuse(["listeners", index, "path"], "a Unix socket belongs to one process: set workers to 1");
  }
});

export type GatewayConfig = z.output<typeof gateway>;

/** What a start would bind and publish. */
export function gatewayPlan(config: Sound<GatewayConfig>): ServicePlan {
  const { listeners = [] } = config;
  return {
    sockets: plannedSockets(config),
    connections: listeners.reduce((sum, listener) => sum + (listener?.limits?.maxConnections ?? 0), 0),
    eventTypes: listeners.flatMap((listener) => plannedEvents(listener)).map(routingKey),
  };
}

function plannedEvents({ mode, lifecycleEvents }: Sound<ListenerConfig> = {}): string[] {
  return [
    ...(mode === "ingest" ? [eventTypes.tcpRecords] : []),
    ...(lifecycleEvents ? [eventTypes.tcpOpened, eventTypes.tcpClosed] : []),
  ];
}

function plannedSockets({ listeners = [] }: Sound<GatewayConfig>): PlannedSocket[] {
  return listeners.flatMap(({ name, host, port, path } = {}, index): PlannedSocket[] => {
    const what = `listener ${name}`;
    if (path !== undefined)
      return [{ scheme: "unix", host: path, port: 0, what, key: ["listeners", index, "path"] }];
    if (host === undefined || port === undefined) return [];
    return [{ scheme: "tcp", host, port, what, key: ["listeners", index, "port"] }];
  });
}

import {
  type CrossCheck,
  checkPublicAddress,
  cidr,
  count,
  duration,
  flag,
  host,
  listenerName,
  port,
  ratePerSecond,
  type Sound,
  section,
} from "@fairlead/chassis";
import { eventTypes, routingKey } from "@fairlead/contracts/names";
import type { PlannedSocket, ServicePlan } from "@fairlead/engine";
import { z } from "zod";

/** A time limit that may be switched off by name: 0 never means "unlimited". */
const timeLimit = (fallback: string) =>
  z
    .union([z.literal("none"), duration()])
    .prefault(fallback)
    .transform((value) => (value === "none" ? undefined : value));

/** A limit on silence. Not set, the limit depends on whether the clients are answered: `listenOptions` knows. */
const silenceLimit = () => z.union([z.literal("none"), duration()]).optional();

const limits = section({
  maxConnections: count(10_000).describe("Connections of this process at once; one more is reset."),
  maxConnectionsPerAddress: count(1_000).describe("Connections at once from one address; one more is reset."),
  acceptRate: ratePerSecond()
    .optional()
    .describe("Connections taken a second on average; one more is reset. Not set: no limit."),
  firstByte: silenceLimit().describe(
    'From the connect to the first byte, then the connection is closed; "none" for no limit. Not set: 1m, and none where clients get no answer, who would lose what they send into a closed connection.',
  ),
  frame: timeLimit("30s").describe(
    "From the first byte of a frame to its last: cuts a client that drips bytes.",
  ),
  idle: silenceLimit().describe(
    "Without a byte in either direction. Not set: 15m, and none where clients get no answer.",
  ),
  total: timeLimit("none").describe("From the connect to the end, whatever happens."),
  send: timeLimit("30s").describe("A client that does not take what is sent to it is closed after so long."),
});

/** The keys of every TCP listener. A service adds its own keys beside these. */
export const edgeListenerShape = {
  name: listenerName().describe("Names the listener in events, metrics and logs."),
  host: host("127.0.0.1").describe("Address to listen on. One that is not loopback needs `allow`."),
  port: port().optional().describe("TCP port; 0 for any free one. Either this or path."),
  path: z
    .string()
    .min(1)
    .max(107)
    .optional()
    .describe("Path of a Unix-domain stream socket, instead of a port."),
  reusePort: flag(false).describe(
    "Share the port with other processes that set it too; the kernel spreads the connections (SO_REUSEPORT). Limits hold for each process.",
  ),
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
  connectionEvents: flag(true).describe("Publish tcp.opened and tcp.closed for each connection."),
  tcpKeepAlive: duration("1m").describe(
    "Idle time before TCP probes a silent peer: finds peers that have vanished.",
  ),
  linger: duration("2s", { max: "1m" }).describe(
    "How long a client may take to read our last words and to close.",
  ),
  backlog: count(1_024, { max: 65_535 }).describe("Connections that the kernel holds until they are taken."),
};

export type EdgeListenerConfig = z.output<z.ZodObject<typeof edgeListenerShape>>;

/** A listener as an edge takes it. */
export type EdgeConfig = EdgeListenerConfig & {
  /** True where the service sends nothing: its clients do not notice a close, and lose what they write into it. */
  readonly isSilent?: boolean;
};

/** Checks a listener over several keys. For the `crossCheck` of a service's listener. */
export function checkEdgeListener(listener: Sound<EdgeListenerConfig>, context: CrossCheck): void {
  const { refuse, hasError } = context;
  const hasPath = listener.path !== undefined || hasError(["path"]);
  const hasPort = listener.port !== undefined || hasError(["port"]);
  if (hasPort === hasPath) refuse(["port"], "give either a port or a path, and not both");
  if (!hasPath) checkPublicAddress(listener, context);
  else if (listener.reusePort)
    refuse(["reusePort"], "a Unix path belongs to one process: share a port instead");
}

/** The plan of a start with these listeners, as far as they parsed. They stand below the key `listeners` of the section. */
export function planEdges(listeners: Sound<readonly EdgeListenerConfig[]>): ServicePlan {
  const publishes = listeners.some((listener) => listener?.connectionEvents);
  return {
    sockets: plannedSockets(listeners),
    connections: listeners.reduce((sum, listener) => sum + (listener?.limits?.maxConnections ?? 0), 0),
    eventTypes: publishes ? [eventTypes.tcpOpened, eventTypes.tcpClosed].map(routingKey) : [],
  };
}

function plannedSockets(listeners: Sound<readonly EdgeListenerConfig[]>): PlannedSocket[] {
  return listeners.flatMap((listener = {}, index): PlannedSocket[] => {
    const { name, host, port, path, reusePort = false } = listener;
    const what = `listener ${name}`;
    if (path !== undefined)
      return [{ scheme: "unix", host: path, port: 0, what, key: ["listeners", index, "path"] }];
    if (host === undefined || port === undefined) return [];
    return [{ scheme: "tcp", host, port, what, key: ["listeners", index, "port"], isShared: reusePort }];
  });
}

import { checkNames, checkPublicAddress, crossCheck, type Sound, section } from "@fairlead/chassis";
import { routingKey } from "@fairlead/contracts/names";
import type { PlannedSocket, ServicePlan } from "@fairlead/engine";
import { z } from "zod";
import { kindOf, kinds } from "./kinds.ts";

const listed = Object.values(kinds);
type ListenerSchema = (typeof listed)[number]["configSchema"];

const listener = crossCheck(
  // The list has a first member, which its type cannot say.
  z.discriminatedUnion(
    "kind",
    listed.map(({ configSchema }) => configSchema) as [ListenerSchema, ...ListenerSchema[]],
  ),
  checkPublicAddress,
);

export type ListenerConfig = z.output<typeof listener>;

const defaults = listed.map(({ name, defaultListener }) => ({ kind: name, ...defaultListener }));

/** The section `udp-collector` of the configuration. */
export const udpCollectorConfig = crossCheck(
  section({
    listeners: z
      .array(listener)
      .prefault(defaults)
      .describe(
        `Sockets to bind. Default: ${defaults.map(({ kind, port }) => `${kind} on ${port}`).join(", ")}`,
      ),
  }),
  ({ listeners = [] }, context) => checkNames(listeners, context),
);

export type UdpCollectorConfig = z.output<typeof udpCollectorConfig>;

/** What a start would bind and publish. */
export function collectorPlan(config: Sound<UdpCollectorConfig>): ServicePlan {
  const { listeners = [] } = config;
  return {
    sockets: plannedSockets(config),
    connections: 0,
    eventTypes: listeners.flatMap(({ kind } = {}) => (kind ? [routingKey(kindOf(kind).eventType)] : [])),
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
      receiveBufferBytes,
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
      ...(receiveBufferBytes !== undefined && { receiveBufferBytes }),
    };
  });
}

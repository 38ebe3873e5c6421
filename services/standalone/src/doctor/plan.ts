import { eventTypes } from "@fairlead/contracts/names";
import { routingKey } from "@fairlead/core";
import type { EngineConfig } from "@fairlead/engine";
import { tcpGateway } from "@fairlead/tcp-gateway";
import { udpCollector } from "@fairlead/udp-collector";
import type { z } from "zod";

/** The sections as they came out of their schemas, which is where the engine has them from. */
function sections({ services }: EngineConfig) {
  return {
    gateway: services[tcpGateway.name] as z.output<typeof tcpGateway.configSchema>,
    collector: services[udpCollector.name] as z.output<typeof udpCollector.configSchema>,
  };
}

/** Connections that this process may have open at once: each takes a file descriptor. */
export function plannedConnections(config: EngineConfig): number {
  const { gateway } = sections(config);
  const tcp = gateway.listeners.reduce((sum, { limits }) => sum + limits.maxConnections, 0);
  return tcp + config.http.maxConnections;
}

const ofKind = {
  raw: eventTypes.udpRecords,
  syslog: eventTypes.udpSyslog,
  statsd: eventTypes.udpStatsd,
} as const;

/** Routing keys of all events that the listeners may publish. */
export function plannedEvents(config: EngineConfig): string[] {
  const { gateway, collector } = sections(config);
  const tcp = gateway.listeners.flatMap(({ kind, connectionEvents }) => [
    ...(kind === "ingest" ? [eventTypes.tcpRecords] : []),
    ...(connectionEvents ? [eventTypes.tcpOpened, eventTypes.tcpClosed] : []),
  ]);
  const udp = collector.listeners.map(({ kind }) => ofKind[kind]);
  return [...new Set([...tcp, ...udp])].map(routingKey);
}

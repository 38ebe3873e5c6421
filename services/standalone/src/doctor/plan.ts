import type { EngineConfig } from "@fairlead/engine";
import { tcpGateway } from "@fairlead/tcp-gateway";
import { udpCollector } from "@fairlead/udp-collector";
import type { z } from "zod";
import type { PlannedPort } from "./check-port.ts";

/** The sections as they came out of their schemas, which is where the engine has them from. */
function sections({ services }: EngineConfig) {
  return {
    gateway: services[tcpGateway.name] as z.output<typeof tcpGateway.configSchema>,
    collector: services[udpCollector.name] as z.output<typeof udpCollector.configSchema>,
  };
}

/** Every port that a start would bind; those that the kernel chooses left out. */
export function plannedPorts(config: EngineConfig): PlannedPort[] {
  const { gateway, collector } = sections(config);
  const { host, port } = config.http;
  const ports: PlannedPort[] = [{ protocol: "tcp", host, port, what: "HTTP API" }];
  for (const listener of gateway.listeners) {
    if (listener.port === undefined) continue;
    const what = `tcp-gateway listener ${listener.name}`;
    ports.push({ protocol: "tcp", host: listener.host, port: listener.port, what });
  }
  for (const listener of collector.listeners) {
    ports.push({
      protocol: "udp",
      host: listener.host,
      port: listener.port,
      what: `udp-collector listener ${listener.name}`,
      receiveBufferBytes: listener.receiveBuffer,
    });
  }
  return ports.filter((planned) => planned.port !== 0);
}

/** Connections that this process may have open at once: each takes a file descriptor. */
export function plannedConnections(config: EngineConfig): number {
  const { gateway } = sections(config);
  const tcp = gateway.listeners.reduce((sum, { limits }) => sum + limits.maxConnections, 0);
  return tcp + config.http.maxConnections;
}

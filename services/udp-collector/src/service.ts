import { formatBytes } from "@fairlead/core";
import type { Endpoint, RunningService, ServiceDefinition } from "@fairlead/engine";
import { collectorPlan, udpCollectorConfig } from "./config.ts";
import { kindOf } from "./kinds.ts";
import { UdpListener } from "./listener.ts";
import { addRoutes } from "./routes.ts";

function endpointOf({ local: { host, port }, config, receiveBuffer }: UdpListener): Endpoint {
  const { askedBytes = 0, grantedBytes, isShort } = receiveBuffer;
  const { description, tryWith } = kindOf(config.kind);
  const warning = `the kernel grants ${formatBytes(grantedBytes)} of the ${formatBytes(askedBytes)} receive buffer asked, so bursts are lost earlier`;
  return {
    scheme: "udp",
    host,
    port,
    description: `${config.name}: ${description}`,
    tryWith,
    ...(isShort && { warning }),
  };
}

/** The UDP collector: datagrams become events, and every lost one is counted. */
export const udpCollector: ServiceDefinition<typeof udpCollectorConfig, ["bus"]> = {
  name: "udp-collector",
  configSchema: udpCollectorConfig,
  needs: ["bus"],
  plan: collectorPlan,
  async open({ config, router, ...context }): Promise<RunningService> {
    await using opening = new AsyncDisposableStack();
    const listeners: UdpListener[] = [];
    for (const one of config.listeners) listeners.push(opening.use(await UdpListener.open(one, context)));
    addRoutes(router, context.instance, listeners);
    const resources = opening.move();
    return {
      endpoints: listeners.map(endpointOf),
      checks: [
        {
          name: "udp-collector",
          async check() {
            const problems = listeners.flatMap((listener) => listener.problems);
            return { status: problems.length === 0 ? "ok" : "degraded", problems };
          },
        },
      ],
      async drain(signal) {
        await Promise.all(listeners.map((listener) => listener.drain(signal)));
      },
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  },
};

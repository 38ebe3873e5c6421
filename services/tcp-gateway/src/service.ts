import type { HealthCheck } from "@fairlead/chassis";
import type { RunningService, ServiceContext, ServiceDefinition } from "@fairlead/engine";
import { configSchema, type GatewayConfig, gatewayPlan } from "./config.ts";
import { Credit } from "./credit.ts";
import { type Gateway, LocalGateway } from "./gateway.ts";
import { GatewayMetrics } from "./metrics.ts";
import { addRoutes } from "./routes.ts";
import { WorkerPool } from "./worker-pool.ts";

/** The TCP gateway: listeners that make events of what clients send. */
export const tcpGateway: ServiceDefinition<typeof configSchema, ["bus"]> = {
  name: "tcp-gateway",
  configSchema,
  needs: ["bus"],
  plan: gatewayPlan,
  async open(context): Promise<RunningService> {
    const { config, meter, router } = context;
    const gateway = config.workers > 1 ? await WorkerPool.open(config, context) : await openLocal(context);
    const metrics = new GatewayMetrics(
      meter,
      config.listeners.map(({ name }) => name),
    );
    const collecting = meter.onScrape(async () => metrics.show(await gateway.snapshots()));
    addRoutes(router, gateway);
    return {
      endpoints: gateway.endpoints,
      checks: [healthCheck(gateway)],
      drain: (signal) => gateway.drain(signal),
      async [Symbol.asyncDispose]() {
        collecting[Symbol.dispose]();
        await gateway[Symbol.asyncDispose]();
      },
    };
  },
};

function openLocal({
  config,
  instance,
  bus,
  logger,
  clock,
}: ServiceContext<GatewayConfig, "bus">): Promise<LocalGateway> {
  const credit = new Credit(config.credit);
  return LocalGateway.open(config, { instance, bus, credit, logger, clock, sharesPort: false });
}

function healthCheck(gateway: Gateway): HealthCheck {
  return {
    name: "tcp-gateway",
    async check() {
      const { problems } = gateway;
      return { status: problems.length === 0 ? "ok" : "degraded", problems };
    },
  };
}

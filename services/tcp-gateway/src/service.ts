import type { Endpoint, RunningService, ServiceContext, ServiceDefinition } from "@fairlead/engine";
import { addConnectionRoutes, Credit, Edge } from "@fairlead/ingress";
import { configSchema, type GatewayConfig, gatewaySockets } from "./config.ts";
import { EchoSession } from "./echo/echo-session.ts";
import { createIngestListener, type IngestParts } from "./ingest/ingest-listener.ts";
import { IngestSession } from "./ingest/ingest-session.ts";

type ListenerConfig = GatewayConfig["listeners"][number];

/** The TCP gateway: listeners that make events of what clients send. */
export const tcpGateway: ServiceDefinition<typeof configSchema> = {
  name: "tcp-gateway",
  configSchema,
  sockets: gatewaySockets,
  async create(context: ServiceContext<GatewayConfig>): Promise<RunningService> {
    const { config, router } = context;
    const givingUp = new AbortController();
    const parts: IngestParts = {
      ...context,
      service: tcpGateway.name,
      closeReasons: ["publish-failed"],
      credit: new Credit(config.creditBytes),
      givingUp: givingUp.signal,
    };
    await using opening = new AsyncDisposableStack();
    opening.defer(() => givingUp.abort());
    const edges: Edge[] = [];
    const endpoints: Endpoint[] = [];
    for (const listener of config.listeners) {
      const edge = await openListener(listener, parts, opening);
      edges.push(edge);
      endpoints.push(edge.endpoint(describe(listener)));
    }
    addConnectionRoutes(router, edges, {
      path: "/tcp/connections",
      readScope: "tcp:read",
      writeScope: "tcp:write",
    });
    const opened = opening.move();
    return {
      endpoints,
      checks: [],
      async drain(signal) {
        const giveUp = () => givingUp.abort();
        if (signal.aborted) giveUp();
        signal.addEventListener("abort", giveUp, { once: true });
        await Promise.all(edges.map((edge) => edge.drain(signal)));
      },
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  },
};

async function openListener(
  config: ListenerConfig,
  parts: IngestParts,
  opening: AsyncDisposableStack,
): Promise<Edge> {
  if (config.kind === "echo") {
    return opening.use(
      await Edge.open(config, parts, (connection) => new EchoSession(connection, config.banner)),
    );
  }
  const listener = opening.use(createIngestListener(config, parts));
  return opening.use(await Edge.open(config, parts, (connection) => new IngestSession(connection, listener)));
}

function describe(config: ListenerConfig): string {
  const { name } = config;
  if (config.kind === "echo") return `${name}: every byte comes back`;
  const { codec, acks } = config;
  const framing = codec.name === "lines" ? "newline" : codec.name;
  return `${name}: ${framing} framing, ${acks === "durable" ? "durable acks" : "no acks"}`;
}

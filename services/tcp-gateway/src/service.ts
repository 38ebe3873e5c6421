import { onAbort } from "@fairlead/core";
import type { Endpoint, RunningService, ServiceDefinition } from "@fairlead/engine";
import { addConnectionRoutes, Credit, Edge } from "@fairlead/ingress";
import { configSchema, type GatewayConfig, gatewayPlan } from "./config.ts";
import { EchoSession } from "./echo/echo-session.ts";
import { createIngestListener, type IngestParts } from "./ingest/ingest-listener.ts";
import { IngestSession } from "./ingest/ingest-session.ts";

type ListenerConfig = GatewayConfig["listeners"][number];

/** The TCP gateway: listeners that make events of what clients send. */
export const tcpGateway: ServiceDefinition<typeof configSchema, ["bus"]> = {
  name: "tcp-gateway",
  configSchema,
  needs: ["bus"],
  plan: gatewayPlan,
  async open(context): Promise<RunningService> {
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
    const edges: Edge[] = [];
    for (const listener of config.listeners) edges.push(await openListener(listener, parts, opening));
    addConnectionRoutes(router, edges, {
      path: "/tcp/connections",
      readScope: "tcp:read",
      writeScope: "tcp:write",
    });
    // Disposed first: no session waits for the bus any more.
    opening.defer(() => givingUp.abort());
    const opened = opening.move();
    return {
      endpoints: edges.map((edge, index) => ({ ...edge.address, ...describe(config.listeners[index]!) })),
      checks: [],
      async drain(signal) {
        using _ = onAbort(signal, () => givingUp.abort());
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
  const edge = { ...config, isSilent: config.acks === "none" };
  return opening.use(await Edge.open(edge, parts, (connection) => new IngestSession(connection, listener)));
}

function describe(config: ListenerConfig): Pick<Endpoint, "description" | "tryWith"> {
  const { name } = config;
  if (config.kind === "echo") return { description: `${name}: every byte comes back` };
  const { codec, acks, path } = config;
  const framing = codec.name === "lines" ? "newline" : codec.name;
  const isAcknowledged = acks === "durable";
  const description = `${name}: ${framing} framing, ${isAcknowledged ? "durable acks" : "no acks"}`;
  if (codec.name !== "lines" || !isAcknowledged || path !== undefined) return { description };
  return { description, tryWith: "printf 'hello\\nworld\\n' | nc -N {host} {port}" };
}

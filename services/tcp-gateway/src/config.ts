import { bytes, checkNames, crossCheck, type Sound } from "@fairlead/chassis";
import { routingKey } from "@fairlead/contracts/names";
import type { ServicePlan } from "@fairlead/engine";
import { checkEdgeListener, edgeListenerShape, planEdges } from "@fairlead/ingress";
import { z } from "zod";
import { checkContainer, eventTypeOf, ingestSchema } from "./ingest/ingest-config.ts";

const echoSchema = z
  .strictObject({ ...edgeListenerShape, kind: z.literal("echo") })
  .describe("Every byte comes back, nothing is kept.");

const listenerSchema = crossCheck(
  z.discriminatedUnion("kind", [ingestSchema, echoSchema]),
  (listener, context) => {
    checkEdgeListener(listener, context);
    if (listener.kind === "ingest") checkContainer(listener, context);
  },
);

const defaultListeners: z.input<typeof listenerSchema>[] = [
  { name: "lines", port: 7001 },
  { name: "syslog", port: 5514, codec: { name: "octet-counting" }, acks: "none", decode: "syslog" },
];

const gateway = z
  .strictObject({
    creditBytes: bytes("32MiB", { min: "1MiB" }).describe(
      "Bytes of all connections together that are not durable yet, at which reading pauses. Keep it under the bus's maxPendingBytes.",
    ),
    listeners: z
      .array(listenerSchema)
      .prefault(defaultListeners)
      .describe("Listeners. Not set: lines and syslog."),
  })
  .prefault({});

/** The section `tcp-gateway` of the configuration. */
export const configSchema = crossCheck(gateway, ({ listeners = [] }, context) =>
  checkNames(listeners, context),
);

export type GatewayConfig = z.output<typeof gateway>;

/** The plan of a start: sockets, connections and events. */
export function gatewayPlan({ listeners = [] }: Sound<GatewayConfig>): ServicePlan {
  const plan = planEdges(listeners);
  const records = new Set(
    listeners.flatMap((listener) => (listener?.kind === "ingest" ? [routingKey(eventTypeOf(listener))] : [])),
  );
  return { ...plan, eventTypes: [...records, ...plan.eventTypes] };
}

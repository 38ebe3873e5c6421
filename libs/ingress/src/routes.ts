import { problem, type Router } from "@fairlead/chassis";
import { tcpConnectionSchema, tcpConnectionsPageSchema } from "@fairlead/contracts";
import { z } from "zod";
import type { Gateway } from "./gateway.ts";

const oneConnection = z.object({
  id: z
    .string()
    .min(1)
    .max(100)
    .describe("Of the connection, as the list and its events (`subject`) have it."),
});

const absent = { description: "CONNECTION_NOT_FOUND: it is not open on this instance." };

const page = z.object({
  after: z
    .string()
    .max(100)
    .default("")
    .describe("Connections with a greater id: `next` of the page before."),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe("Connections on the page."),
});

/** `/v1/tcp/connections`: who is connected to this instance. */
export function addRoutes(router: Router, gateway: Gateway): void {
  router.add({
    method: "GET",
    path: "/tcp/connections",
    summary: "List the TCP connections of this instance",
    scope: "tcp:read",
    query: page,
    responses: {
      200: { description: "In order of id, which is the order of time.", schema: tcpConnectionsPageSchema },
    },
    async handle({ query: { after, limit } }) {
      const found = await gateway.list({ after, limit: limit + 1 });
      const connections = found.slice(0, limit);
      const next = found.length > limit ? connections.at(-1)?.id : undefined;
      return { status: 200, body: { connections, ...(next !== undefined && { next }) } };
    },
  });
  router.add({
    method: "GET",
    path: "/tcp/connections/{id}",
    summary: "Show a TCP connection",
    scope: "tcp:read",
    params: oneConnection,
    responses: {
      200: { description: "The connection as it is now.", schema: tcpConnectionSchema },
      404: absent,
    },
    async handle({ params: { id } }) {
      const connection = await gateway.find(id);
      if (!connection) throw notFound(id);
      return { status: 200, body: connection };
    },
  });
  router.add({
    method: "DELETE",
    path: "/tcp/connections/{id}",
    summary: "Close a TCP connection",
    description:
      "What was taken from it is made durable and acknowledged; then it is told ERR CLOSED and ended.",
    scope: "tcp:write",
    params: oneConnection,
    responses: { 202: { description: "It is being closed." }, 404: absent },
    async handle({ params: { id } }) {
      if (!(await gateway.close(id))) throw notFound(id);
      return { status: 202 };
    },
  });
}

const notFound = (id: string) =>
  problem(404, "CONNECTION_NOT_FOUND", `Cannot find connection ${id}: it is not open on this instance`);

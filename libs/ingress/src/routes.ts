import { ProblemError, type Router } from "@fairlead/chassis";
import { tcpConnectionSchema, tcpConnectionsPageSchema } from "@fairlead/contracts";
import { z } from "zod";
import type { Edge } from "./edge.ts";

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

export interface ConnectionRoutesOptions {
  /** "/tcp/connections" */
  readonly path: string;
  /** The scopes that listing and closing ask for. */
  readonly readScope: string;
  readonly writeScope: string;
}

/** The routes that list, show and close the connections of a service on this instance. */
export function addConnectionRoutes(
  router: Router,
  edges: readonly Edge[],
  { path, readScope, writeScope }: ConnectionRoutesOptions,
): void {
  router.add({
    method: "GET",
    path,
    summary: "List the TCP connections of this instance",
    scope: readScope,
    query: page,
    responses: {
      200: { description: "In order of id, which is the order of time.", schema: tcpConnectionsPageSchema },
    },
    async handle({ query: { after, limit } }) {
      const all = edges.flatMap((edge) => edge.list());
      const behind = all.filter(({ id }) => id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
      const connections = behind.slice(0, limit);
      const next = behind.length > limit ? connections.at(-1)?.id : undefined;
      return { status: 200, body: { connections, ...(next !== undefined && { next }) } };
    },
  });
  router.add({
    method: "GET",
    path: `${path}/{id}`,
    summary: "Show a TCP connection",
    scope: readScope,
    params: oneConnection,
    responses: {
      200: { description: "The connection as it is now.", schema: tcpConnectionSchema },
      404: absent,
    },
    async handle({ params: { id } }) {
      for (const edge of edges) {
        const connection = edge.find(id);
        if (connection) return { status: 200, body: connection };
      }
      throw notFound(id);
    },
  });
  router.add({
    method: "DELETE",
    path: `${path}/{id}`,
    summary: "Close a TCP connection",
    description:
      "Its session finishes what it has taken, says ERR CLOSED where the protocol has such a line, and ends.",
    scope: writeScope,
    params: oneConnection,
    responses: { 202: { description: "It is being closed." }, 404: absent },
    async handle({ params: { id } }) {
      if (!edges.some((edge) => edge.close(id))) throw notFound(id);
      return { status: 202 };
    },
  });
}

const notFound = (id: string) =>
  new ProblemError(
    404,
    "CONNECTION_NOT_FOUND",
    `Cannot find connection ${id}: it is not open on this instance`,
  );

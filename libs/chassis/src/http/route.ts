import type { Request, Response } from "express";
import type { z } from "zod";
import type { Principal } from "./tokens.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The request that a handler gets. Every part was checked against the schemas of the route. */
export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The owner of the token, or "loopback" where none is needed. */
  readonly principal: Principal;
  /** The id from the client's `x-request-id`, else a new one. The answer carries the same id. */
  readonly requestId: string;
  /** The trace of the request for log lines. Undefined where there is none. */
  readonly traceId: string | undefined;
  /**
   * The `traceparent` for the events and jobs that the request causes: that of the request's own span. Where nothing is traced,
   * that of the client, if the client sent one (W3C Trace Context).
   */
  readonly traceparent: string | undefined;
  /**
   * Checks at this moment whether the request's token has the scope. A handler checks a scope that not every caller of the route
   * needs. An endless answer checks again and again, because a token may expire or be taken back meanwhile.
   * @throws {ProblemError} 401, 403
   */
  authorize(scope: string): Promise<void>;
  /** Fires when the client has gone or was cut off. */
  readonly signal: AbortSignal;
  /** Fires when the server begins to drain: an endless answer ends now. */
  readonly draining: AbortSignal;
  /** The request of Express, for headers and for a body that is read as a stream. */
  readonly request: Request;
  /** The response of Express, for a handler that writes the answer itself and returns undefined. */
  readonly response: Response;
}

/** The answer of a handler. `body` is sent as JSON. A text is sent unchanged where the headers have a content-type. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteResponse {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Default: "application/json" where there is a schema, and a problem for a status from 400. */
  readonly contentType?: string;
}

/** A route and its documentation in one. The Express route and `/v1/openapi.json` are both made from a Route. */
export interface Route<
  Params extends z.ZodType = z.ZodType<unknown>,
  Query extends z.ZodType = z.ZodType<unknown>,
  Body extends z.ZodType = z.ZodType<unknown>,
> {
  readonly method: Method;
  /** The path below the place of the router, with parameters in braces: "/udp/listeners/{id}". */
  readonly path: string;
  /** One line, in the imperative: "List the listeners". */
  readonly summary: string;
  readonly description?: string;
  /**
   * The scope that a token needs: "udp:read", "tcp:write", "admin". Undefined for a route that is open to everybody, as health is.
   */
  readonly scope: string | undefined;
  /** The schema of the path's parameters: an object of strings before the parse. */
  readonly params?: Params;
  /** The schema of the query. A parameter that is repeated arrives as an array of strings, otherwise as a string. */
  readonly query?: Query;
  /** The schema of a JSON body. Without a schema the body is not read. */
  readonly body?: Body;
  /** True where the handler reads the body as a stream under its own time limits. The server's `bodyMs` does not apply then. */
  readonly streamsBody?: boolean;
  /** The most bytes of the JSON body. Default: the server's `maxBodyBytes`. */
  readonly maxBodyBytes?: number;
  /** The intended answers, by status. The API document adds the problems that every route may give. */
  readonly responses: Readonly<Record<number, RouteResponse>>;
  /** @throws {ProblemError} for every answer that is a problem */
  handle(
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<Reply | undefined> | Reply | undefined;
}

/** A service adds its routes to a Router. */
export interface Router {
  add<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(route: Route<P, Q, B>): void;
}

import type { Request, Response } from "express";
import type { z } from "zod";
import type { Principal } from "./tokens.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What a handler is given: everything checked against the schemas of the route. */
export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Who asks. */
  readonly principal: Principal;
  /** From `x-request-id` of the client, else made here; the answer carries it. */
  readonly requestId: string;
  /** For log lines: the trace that the request is a part of, when there is one. */
  readonly traceId: string | undefined;
  /**
   * For what comes of the request: as the extension `traceparent` of an event, a header of a job. That of the request's own
   * span; where nothing is traced the client's, when it sent one (W3C Trace Context).
   */
  readonly traceparent: string | undefined;
  /**
   * Asks now whether the request's token has the scope: for what needs more than the route does, and again and again for an
   * answer that has no end of its own, as the token may have been taken back or have expired since.
   * @throws {ProblemError} 401, 403
   */
  authorize(scope: string): Promise<void>;
  /** Fires when the client has gone, or was cut off. */
  readonly signal: AbortSignal;
  /** Fires when the server begins to stop: an answer that has no end of its own ends now. */
  readonly draining: AbortSignal;
  /** For what a schema cannot say: headers, a body that is read as a stream. */
  readonly request: Request;
  /** For handlers that write the answer themselves; they return undefined. */
  readonly response: Response;
}

/** The answer of a handler: `body` is sent as JSON, or as it is when it is text and the headers have a content-type. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteResponse {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Default "application/json" when there is a schema, and a problem for a status from 400. */
  readonly contentType?: string;
}

/** A route and its documentation in one: the Express route and `/v1/openapi.json` both come from it. */
export interface Route<
  Params extends z.ZodType = z.ZodType<unknown>,
  Query extends z.ZodType = z.ZodType<unknown>,
  Body extends z.ZodType = z.ZodType<unknown>,
> {
  readonly method: Method;
  /** Below the place where the router is mounted, parameters in braces: "/udp/listeners/{id}". */
  readonly path: string;
  /** One line, in the imperative: "List the listeners". */
  readonly summary: string;
  readonly description?: string;
  /** The scope that a token needs: "udp:read", "tcp:write", "admin". Undefined: open to everybody, as health is. */
  readonly scope: string | undefined;
  /** Schema of the path's parameters: an object of strings to whatever it makes of them. */
  readonly params?: Params;
  /** Schema of the query. A parameter that is repeated arrives as an array of strings, otherwise as a string. */
  readonly query?: Query;
  /** Schema of a JSON body. Without it the body is left unread. */
  readonly body?: Body;
  /** The handler reads the body as a stream, under time limits of its own: the server's `bodyMs` does not hold. */
  readonly streamsBody?: boolean;
  /** Cap of the JSON body in bytes. Default: the server's `maxBodyBytes`. */
  readonly maxBodyBytes?: number;
  /** The answers on purpose, by status; the problems that every route may give are added to the document. */
  readonly responses: Readonly<Record<number, RouteResponse>>;
  /** @throws {ProblemError} for every answer that is a problem */
  handle(
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<Reply | undefined> | Reply | undefined;
}

/** Where a service adds its routes. */
export interface Router {
  add<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(route: Route<P, Q, B>): void;
}

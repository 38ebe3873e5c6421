import { FairleadError } from "@fairlead/core";
import express, { type Router as ExpressRouter, type Request, type Response } from "express";
import type { z } from "zod";
import { authenticate, authorize } from "./access.ts";
import { checkInput, ProblemError } from "./problem.ts";
import type { RequestTrace } from "./request-span.ts";
import type { Route, RouteRequest, Router } from "./route.ts";
import type { Principal, Tokens } from "./tokens.ts";

/** The parts that the routes of one server share. */
export interface RouterContext {
  readonly tokens: Tokens | undefined;
  readonly maxBodyBytes: number;
  readonly draining: AbortSignal;
  /** Facts about a request that the server's first middleware has found. */
  facts(request: Request): RequestFacts;
}

export interface RequestFacts extends RequestTrace {
  readonly requestId: string;
  /** Fires when the client has gone. */
  readonly gone: AbortSignal;
  /** The path of the route for the log and the metrics. Undefined until the route is known. */
  route?: string;
  principal?: Principal;
  /** An error that was thrown and is no fault of the client. */
  error?: unknown;
  /** Lifts the time limit of the body, for a route that reads the body as a stream under its own limits. */
  releaseBody(): void;
}

/** A Router on Express. `seal` adds the answers 405, after all routes. */
export interface SealableRouter extends Router {
  readonly express: ExpressRouter;
  readonly routes: readonly Route[];
  seal(): void;
}

type AnyRoute = Route<z.ZodType, z.ZodType, z.ZodType>;

export function createRouter(context: RouterContext): SealableRouter {
  const router = express.Router({ caseSensitive: true, strict: true });
  const methods = new Map<string, string[]>();
  const routes: AnyRoute[] = [];

  return {
    express: router,
    routes,
    add(route) {
      const { method } = route;
      if (!/^(\/([\w.-]+|\{[A-Za-z]\w*\}))+$/.test(route.path)) {
        throw new FairleadError(
          "ROUTE_INVALID",
          `Cannot add route ${route.path}: write it like "/udp/listeners/{id}"`,
        );
      }
      const path = route.path.replace(/\{(\w+)\}/g, ":$1");
      const known = methods.get(path) ?? [];
      if (known.includes(method)) {
        throw new FairleadError(
          "ROUTE_INVALID",
          `Cannot add route ${method} ${route.path}: it is there already`,
        );
      }
      methods.set(path, [...known, method]);
      routes.push(route as unknown as AnyRoute);
      const handlers = [
        (request: Request, _response: Response, next: () => void) =>
          admit(context, route, request).then(next),
        ...(route.body === undefined ? [] : [readJson(route.maxBodyBytes ?? context.maxBodyBytes)]),
        (request: Request, response: Response) =>
          serve(context, route as unknown as AnyRoute, request, response),
      ];
      router[method.toLowerCase() as "get"](path, ...handlers);
    },
    seal() {
      for (const [path, known] of methods) {
        const allow = (known.includes("GET") ? [...known, "HEAD"] : known).join(", ");
        router.all(path, (request) => {
          throw new ProblemError(
            405,
            "METHOD_NOT_ALLOWED",
            `Cannot ${request.method} ${request.baseUrl}${request.path}: it takes ${allow}`,
            { headers: { allow } },
          );
        });
      }
    },
  };
}

/** Checks the token before the body is read, so that a client without the right costs no memory. */
async function admit(
  context: RouterContext,
  route: { path: string; scope: string | undefined; streamsBody?: boolean },
  request: Request,
): Promise<void> {
  const facts = context.facts(request);
  facts.route = `${request.baseUrl}${route.path}`;
  if (route.scope !== undefined) {
    const principal = await authenticate(request, context.tokens);
    facts.principal = principal;
    authorize(principal, route.scope);
  }
  if (route.streamsBody) facts.releaseBody();
}

function readJson(limit: number) {
  const read = express.json({ limit, type: isJson, strict: false });
  return (request: Request, response: Response, next: (error?: unknown) => void) => {
    if (!isJson(request)) {
      throw new ProblemError(
        415,
        "MEDIA_TYPE_UNSUPPORTED",
        "Cannot read the body: send it as application/json",
      );
    }
    read(request, response, next);
  };
}

function isJson(request: { headers: { "content-type"?: string | undefined } }): boolean {
  return /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(request.headers["content-type"] ?? "");
}

async function serve(
  context: RouterContext,
  route: AnyRoute,
  request: Request,
  response: Response,
): Promise<void> {
  const { requestId, traceId, traceparent, gone, principal } = context.facts(request);
  const input: RouteRequest<unknown, unknown, unknown> = {
    params: route.params ? checkInput(route.params, request.params, "path") : undefined,
    query: route.query ? checkInput(route.query, { ...request.query }, "query") : undefined,
    body: route.body ? checkInput(route.body, request.body, "body") : undefined,
    principal: principal ?? { name: "anonymous", scopes: [] },
    authorize: async (scope) => authorize(await authenticate(request, context.tokens), scope),
    requestId,
    traceId,
    traceparent,
    signal: gone,
    draining: context.draining,
    request,
    response,
  };
  const reply = await route.handle(input);
  if (reply === undefined) return;
  response.status(reply.status);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.body === undefined) response.end();
  else if (typeof reply.body === "string" && response.hasHeader("content-type")) response.end(reply.body);
  else response.json(reply.body);
}

import { once } from "node:events";
import type { Server } from "node:http";
import {
  createId,
  FairleadError,
  type Logger,
  type Meter,
  noTracer,
  onAbort,
  type Tracer,
} from "@fairlead/core";
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from "express";
import { isLoopback, refuseForeignPages } from "./access.ts";
import { HttpConnections } from "./connections.ts";
import { createLimitedServer, type HttpLimits, listen } from "./listening.ts";
import { ProblemError, problemMediaType, toProblem } from "./problem.ts";
import { endRequestSpan, startRequestSpan } from "./request-span.ts";
import type { Route, Router } from "./route.ts";
import { createRouter, type RequestFacts, type SealableRouter } from "./router.ts";
import type { Tokens } from "./tokens.ts";

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Undefined where no token is needed. The server then listens on a loopback address only. */
  readonly tokens: Tokens | undefined;
  readonly limits: HttpLimits;
  readonly logger: Logger;
  readonly meter: Meter;
  /** Makes a span of each request. Default: none. */
  readonly tracer?: Tracer;
}

/** An HTTP server. The owner adds the routes, then listens. Disposing cuts every connection. */
export interface HttpServer extends AsyncDisposable {
  /** The router below a path: "" for the root, "/v1". The same path gives the same router. */
  router(base: string): Router;
  readonly mounts: readonly { readonly base: string; readonly routes: readonly Route[] }[];
  /** Starts to listen. No route may be added afterwards. @throws {FairleadError} ADDRESS_IN_USE, LISTEN_FAILED */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /**
   * Accepts no more connections, closes idle ones, tells streams to end and lets running requests finish. A client that does not take
   * its answer is cut off after two seconds; at the signal all other connections are. Resolves when every connection is closed.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** @throws {FairleadError} TOKENS_NEEDED when anybody on the network could reach the server without a token */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, limits, tokens, tracer = noTracer } = options;
  if (tokens === undefined && !isLoopback(host)) {
    throw new FairleadError(
      "TOKENS_NEEDED",
      `Cannot listen for HTTP on ${host}: it is not a loopback address and no tokens are configured; ` +
        "set FAIRLEAD_TOKENS_FILE (http.tokensFile), or listen on 127.0.0.1",
      { data: { host } },
    );
  }
  const app = express().disable("x-powered-by").disable("etag").set("query parser", "simple");
  const draining = new AbortController();
  const facts = new WeakMap<object, RequestFacts>();
  const routers = new Map<string, SealableRouter>();
  const server: Server = createLimitedServer(limits, app);
  const observe = createObserver(options, server);
  const refused = options.meter.counter({
    name: "fairlead_http_refused_connections_total",
    help: "Connections that found no place because maxConnections were open, probes excepted.",
  });
  const connections = new HttpConnections(server, limits.maxConnections, () => refused.increment());
  const factsOf = (request: object): RequestFacts => facts.get(request)!;

  app.use((request, response, next) => {
    const found = collectFacts(request, response, limits.bodyMs, tracer);
    facts.set(request, found);
    response.setHeader("x-request-id", found.requestId);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-store");
    const isForProbes = connections.isForProbes(request.socket);
    if (draining.signal.aborted || isForProbes) response.setHeader("connection", "close");
    observe(request, response, found);
    if (isForProbes && !probePaths.has(request.path)) {
      connections.refuse();
      throw new ProblemError(
        503,
        "TOO_MANY_CONNECTIONS",
        `Cannot answer: ${limits.maxConnections} connections are open, the limit`,
        {
          headers: { "retry-after": "1" },
        },
      );
    }
    if (tokens === undefined) refuseForeignPages(request);
    next();
  });

  return {
    get mounts() {
      return [...routers].map(([base, { routes }]) => ({ base, routes }));
    },
    router(base) {
      const known = routers.get(base);
      if (known) return known;
      const made = createRouter({
        tokens,
        maxBodyBytes: limits.maxBodyBytes,
        draining: draining.signal,
        facts: factsOf,
      });
      routers.set(base, made);
      return made;
    },
    listen() {
      seal(app, routers, factsOf, options.logger);
      return listen(server, host, options.port);
    },
    async drain(signal) {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      draining.abort();
      using _ = onAbort(signal, () => server.closeAllConnections());
      using __ = connections.cutStalled();
      await closed;
    },
    async [Symbol.asyncDispose]() {
      draining.abort();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What watches over the process (`addHealthRoutes`). */
const probePaths: ReadonlySet<string> = new Set(["/livez", "/readyz", "/metrics"]);

function seal(
  app: Express,
  routers: ReadonlyMap<string, SealableRouter>,
  factsOf: (request: object) => RequestFacts,
  logger: Logger,
): void {
  for (const [base, router] of routers) {
    router.seal();
    app.use(base === "" ? "/" : base, router.express);
  }
  app.use((request) => {
    throw new ProblemError(
      404,
      "NOT_FOUND",
      `Cannot find ${request.path}: /v1/openapi.json names what there is`,
    );
  });
  const onError: ErrorRequestHandler = (error, request, response, _next) => {
    const facts = factsOf(request);
    const { requestId, traceId } = facts;
    const answer = toProblem(error);
    if (answer.status >= 500) facts.error = error;
    if (answer.status === 500) {
      logger.error(
        { err: error, requestId, traceId, method: request.method, path: request.path },
        "request failed",
      );
    }
    // Half an answer cannot become a problem: the client must see that it is cut.
    if (response.headersSent) return void response.destroy();
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    response.status(answer.status).type(problemMediaType);
    response.send(JSON.stringify(answer.toBody(requestId)));
  };
  app.use(onError);
}

const requestIdPattern = /^[\w.:-]{1,128}$/;

function collectFacts(request: Request, response: Response, bodyMs: number, tracer: Tracer): RequestFacts {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const asked = request.headers["x-request-id"];
  const requestId = typeof asked === "string" && requestIdPattern.test(asked) ? asked : createId();
  return {
    requestId,
    ...startRequestSpan(tracer, request, requestId),
    gone: gone.signal,
    releaseBody: limitBodyTime(request, response, bodyMs),
  };
}

/** Cuts off a body that drips in, whether a handler reads the body or not. Returns a function that lifts the limit. */
function limitBodyTime(request: Request, response: Response, bodyMs: number): () => void {
  const { headers, socket } = request;
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  if (!hasBody) return () => {};
  const timer = setTimeout(() => {
    const late = new ProblemError(
      408,
      "REQUEST_TIMEOUT",
      `Cannot wait any longer than ${bodyMs} ms for the body`,
    );
    if (response.headersSent) return void socket.destroy();
    response.writeHead(408, { "content-type": problemMediaType, connection: "close" });
    response.end(JSON.stringify(late.toBody()), () => socket.destroy());
  }, bodyMs);
  const release = () => {
    clearTimeout(timer);
    socket.off("close", release);
  };
  request.once("end", release);
  socket.once("close", release);
  return release;
}

/** Logs and counts every answer. While the server drains, connections that fall idle are closed. */
function createObserver(options: HttpServerOptions, server: Server) {
  const { logger, meter } = options;
  const requests = meter.counter({
    name: "fairlead_http_requests_total",
    help: "Answered HTTP requests, by route, method and status.",
    labels: ["route", "method", "status"],
  });
  const seconds = meter.histogram({
    name: "fairlead_http_request_duration_seconds",
    help: "Time from the headers of the request to the end of the answer; streams count until they end.",
    labels: ["route"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  });
  return (request: Request, response: Response, facts: RequestFacts) => {
    const startedAt = performance.now();
    response.once("close", () => {
      const { requestId, traceId, principal, span, error } = facts;
      const route = facts.route ?? "unmatched";
      const durationMs = performance.now() - startedAt;
      // 499, as proxies say: the client had gone before the answer was complete.
      const status = response.writableFinished ? response.statusCode : 499;
      requests.increment(1, { route, method: request.method, status: String(status) });
      seconds.observe(durationMs / 1_000, { route });
      endRequestSpan(span, request, { route: facts.route, status, error });
      logger.debug(
        {
          method: request.method,
          path: request.path,
          status,
          durationMs,
          requestId,
          traceId,
          principal: principal?.name,
        },
        "answered",
      );
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  };
}

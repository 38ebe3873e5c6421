/** The HTTP server of the section `http`, and the description of its routes. */
import {
  createHttpServer,
  type HttpServer,
  openApiDocument,
  openTokens,
  type ScrapedMeter,
} from "@fairlead/chassis";
import type { Logger, Tracer } from "@fairlead/core";
import type { EngineConfig } from "./config.ts";
import { version } from "./version.ts";

/** The server is bound by `listen()` only. */
export async function createHttp(
  http: EngineConfig["http"],
  { logger, meter, tracer }: { logger: Logger; meter: ScrapedMeter; tracer: Tracer },
): Promise<HttpServer> {
  return createHttpServer({
    host: http.host,
    port: http.port,
    tokens: http.tokensFile === undefined ? undefined : await openTokens(http.tokensFile, { logger }),
    limits: {
      headerMs: http.headerTime,
      bodyMs: http.bodyTime,
      idleMs: http.idleTime,
      keepAliveMs: http.keepAliveTime,
      maxConnections: http.maxConnections,
      maxHeaderBytes: http.maxHeaderBytes,
      maxBodyBytes: http.maxBodyBytes,
    },
    logger: logger.child({ part: "http" }),
    meter,
    tracer,
  });
}

/** `GET /v1/openapi.json` */
export function addDocument(http: HttpServer, needsTokens: boolean): void {
  let document: unknown;
  http.router("/v1").add({
    method: "GET",
    path: "/openapi.json",
    summary: "Describe this API",
    scope: undefined,
    responses: { 200: { description: "An OpenAPI 3.1 document", contentType: "application/json" } },
    handle() {
      // Made when the document is first asked for, so that a start is not delayed.
      document ??= openApiDocument({ title: "Fairlead", version, mounts: http.mounts, needsTokens });
      return { status: 200, body: document };
    },
  });
}

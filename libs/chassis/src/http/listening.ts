import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { errorCode, FairleadError, toError } from "@fairlead/core";
import { http } from "./node-http.ts";
import { ProblemError, problemMediaType } from "./problem.ts";

/** The limits of one HTTP server. At each limit the client gets a problem, or is cut off where no answer is possible. */
export interface HttpLimits {
  /**
   * The time from the connection, or from the end of the last request, to the last byte of the headers: 408, closed. Milliseconds.
   */
  readonly headerMs: number;
  /** The time from the headers to the last byte of the body: 408, closed. Milliseconds. */
  readonly bodyMs: number;
  /** The time without a byte in either direction: closed. A client that does not read its answer meets this limit. Milliseconds. */
  readonly idleMs: number;
  /** The time that a connection is kept open without a request: closed. Milliseconds. */
  readonly keepAliveMs: number;
  /** Connections at once. On a few further ones only probes are answered. */
  readonly maxConnections: number;
  /** The size of all headers together, in bytes: 431. */
  readonly maxHeaderBytes: number;
  /** The size of a JSON body where the route sets no other limit, in bytes: 413. */
  readonly maxBodyBytes: number;
}

/** A Node HTTP server whose limits hold for clients that drip bytes, too. */
export function createLimitedServer(limits: HttpLimits, listener: RequestListener): Server {
  const server = http.createServer(
    {
      headersTimeout: limits.headerMs,
      // Each request has its own timer for the body, so that a route may read a long upload.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.max(10, Math.min(1_000, limits.headerMs / 4)),
      maxHeaderSize: limits.maxHeaderBytes,
    },
    listener,
  );
  server.maxHeadersCount = 100;
  server.timeout = limits.idleMs;
  server.on("clientError", (error, socket) => {
    const answer = clientProblem(errorCode(error));
    if (!socket.writable || answer === undefined) return void socket.destroy();
    const body = JSON.stringify(answer.toBody());
    socket.end(
      `HTTP/1.1 ${answer.status} ${http.STATUS_CODES[answer.status]}\r\nconnection: close\r\n` +
        `content-type: ${problemMediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  });
  return server;
}

function clientProblem(code: string | undefined): ProblemError | undefined {
  switch (code) {
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new ProblemError(
        408,
        "REQUEST_TIMEOUT",
        "Cannot wait any longer for the headers of the request",
      );
    case "HPE_HEADER_OVERFLOW":
      return new ProblemError(
        431,
        "HEADERS_TOO_LARGE",
        "Cannot read the headers: they are larger than the limit",
      );
    default:
      return new ProblemError(400, "HTTP_INVALID", "Cannot read the request: it is not valid HTTP/1.1");
  }
}

/** @throws {FairleadError} ADDRESS_IN_USE, LISTEN_FAILED */
export async function listen(
  server: Server,
  host: string,
  port: number,
): Promise<{ host: string; port: number }> {
  try {
    await once(server.listen({ host, port }), "listening");
  } catch (error) {
    const isInUse = errorCode(error) === "EADDRINUSE";
    throw new FairleadError(
      isInUse ? "ADDRESS_IN_USE" : "LISTEN_FAILED",
      `Cannot listen for HTTP on ${host} port ${port}: ${isInUse ? "another process has the port" : toError(error).message}`,
      { data: { host, port }, cause: error },
    );
  }
  const bound = server.address() as AddressInfo;
  return { host: bound.address, port: bound.port };
}

import { once } from "node:events";
import { connect } from "node:net";
import { type Logger, noTracer, silentLogger, type Tracer } from "@fairlead/core";
import type { HttpLimits } from "../src/http/listening.ts";
import type { Router } from "../src/http/route.ts";
import { createHttpServer } from "../src/http/server.ts";
import type { Tokens } from "../src/http/tokens.ts";
import { createMeter } from "../src/meter.ts";

/** Nothing is late here, however slow the machine. Only who has had an answer and says no more is soon let go. */
export const patientLimits: HttpLimits = {
  headerMs: 60_000,
  bodyMs: 60_000,
  idleMs: 60_000,
  keepAliveMs: 200,
  maxConnections: 20,
  maxHeaderBytes: 8_192,
  maxBodyBytes: 1_000,
};

/** A server on a free port of 127.0.0.1 with the routes that `add` adds below /v1. For tests. */
export async function startTestServer(
  add: (router: Router, root: Router) => void,
  options: { limits?: Partial<HttpLimits>; tokens?: Tokens; logger?: Logger; tracer?: Tracer } = {},
) {
  const logger = options.logger ?? silentLogger;
  const meter = createMeter({ logger, processMetrics: false });
  const server = createHttpServer({
    host: "127.0.0.1",
    port: 0,
    tokens: options.tokens,
    limits: { ...patientLimits, ...options.limits },
    logger,
    meter,
    tracer: options.tracer ?? noTracer,
  });
  add(server.router("/v1"), server.router(""));
  const { port } = await server.listen();
  return {
    server,
    meter,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Writes the pieces, `everyMs` apart, and gives all that comes back until the server closes. */
export async function rawExchange(port: number, pieces: Iterable<string>, everyMs = 0): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    received += text;
  });
  socket.on("error", () => {});
  // Not `once`: that would fail where the server resets the connection behind its answer, as it may.
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  for (const piece of pieces) {
    if (socket.destroyed || socket.readableEnded) break;
    socket.write(piece);
    if (everyMs > 0) await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, everyMs))]);
  }
  await closed;
  return received;
}

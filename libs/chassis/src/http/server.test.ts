import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { z } from "zod";
import { patientLimits, startTestServer } from "../../test/test-server.ts";
import type { HealthCheck } from "../health.ts";
import { addHealthRoutes } from "./health-routes.ts";
import { openApiDocument } from "./openapi.ts";
import type { Route } from "./route.ts";
import { createHttpServer } from "./server.ts";
import type { Tokens } from "./tokens.ts";

function gate() {
  const entered = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  const route: Route = {
    method: "GET",
    path: "/slow",
    summary: "Answer when told",
    scope: "x:read",
    responses: {},
    async handle({ signal }) {
      entered.resolve();
      await Promise.race([leave.promise, once(signal, "abort")]);
      return { status: 200, body: "done" };
    },
  };
  return { route, entered: entered.promise, leave: leave.resolve };
}

/** Nothing is closed because of time: what closes is closed by the drain. */
const patient = { keepAliveMs: 60_000 };

test("HttpServer.drain() lets a running request finish, closes idle connections and refuses new ones", async () => {
  const slow = gate();
  await using server = await startTestServer((router) => router.add(slow.route), {
    limits: patient,
  });
  const idle = connect(server.port, "127.0.0.1");
  const idleClosed = once(idle, "close");
  await once(idle, "connect");
  // A connection counts as idle for Node once it has had an answer.
  idle.write("GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await once(idle, "data");
  const answer = fetch(`${server.url}/v1/slow`);
  await slow.entered;
  const drained = server.server.drain(new AbortController().signal);
  await idleClosed;
  await assert.rejects(fetch(`${server.url}/v1/slow`));
  slow.leave();
  const response = await answer;
  assert.equal(await response.json(), "done");
  await drained;
});

test("HttpServer.drain() cuts off what is left when the signal fires", async () => {
  const slow = gate();
  await using server = await startTestServer((router) => router.add(slow.route));
  const answer = fetch(`${server.url}/v1/slow`);
  answer.catch(() => {});
  await slow.entered;
  const limit = new AbortController();
  const drained = server.server.drain(limit.signal);
  limit.abort();
  await drained;
  await assert.rejects(answer);
});

test("HttpServer.drain() tells streams to end", async () => {
  await using server = await startTestServer(
    (router) =>
      router.add({
        method: "GET",
        path: "/stream",
        summary: "Stream until the drain",
        scope: "x:read",
        responses: {},
        async handle({ response, draining }) {
          response.write("begin ");
          await once(draining, "abort");
          response.end("end");
          return undefined;
        },
      }),
    { limits: patient },
  );
  const response = await fetch(`${server.url}/v1/stream`);
  const drained = server.server.drain(new AbortController().signal);
  assert.equal(await response.text(), "begin end");
  await drained;
});

test("HttpServer.drain() does not wait for a client that takes nothing", async () => {
  const full = Promise.withResolvers<void>();
  await using server = await startTestServer(
    (router) =>
      router.add({
        method: "GET",
        path: "/stream",
        summary: "Stream until nobody takes more",
        scope: "x:read",
        responses: {},
        async handle({ response, draining }) {
          while (response.write("x".repeat(1 << 20)));
          full.resolve();
          await once(draining, "abort");
          response.end("end");
          return undefined;
        },
      }),
    { limits: patient },
  );
  const client = connect(server.port, "127.0.0.1")
    .on("error", () => {})
    .pause();
  client.write("GET /v1/stream HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await full.promise;
  await server.server.drain(new AbortController().signal);
  client.destroy();
});

test("HttpServer.listen() says that the port is in use", async () => {
  await using first = await startTestServer(() => {});
  const options = { host: "127.0.0.1", port: first.port, tokens: undefined, limits: patientLimits };
  await using second = createHttpServer({ ...options, logger: silentLogger, meter: new MemoryMeter() });
  await assert.rejects(second.listen(), {
    code: "ADDRESS_IN_USE",
    message: `Cannot listen for HTTP on 127.0.0.1 port ${first.port}: another process has the port`,
  });
});

const check = (name: string, status: "ok" | "degraded" | "failed", problems: string[] = []): HealthCheck => ({
  name,
  check: async () => ({ status, problems }),
});

for (const [checks, query, status, body] of [
  [[], "", 200, "ok\n"],
  [[check("bus", "ok")], "", 200, "ok\n"],
  [[check("bus", "ok")], "?verbose", 200, "ok\nbus ok\n"],
  [
    [check("a", "ok"), check("bus", "degraded", ["RabbitMQ is away."])],
    "",
    200,
    "degraded\nbus degraded\n  RabbitMQ is away.\n",
  ],
  [
    [check("a", "degraded"), check("b", "failed", ["The disk is full."])],
    "",
    503,
    "failed\na degraded\nb failed\n  The disk is full.\n",
  ],
  [
    [{ name: "x", check: () => Promise.reject(new Error("boom")) }],
    "",
    503,
    "failed\nx failed\n  the check failed: boom\n",
  ],
] as const) {
  test(`/readyz${query} answers ${status} ${JSON.stringify(body)}`, async () => {
    await using server = await startTestServer((_, root) =>
      addHealthRoutes(root, { meter: nothing, checks: () => checks }),
    );
    const response = await fetch(`${server.url}/readyz${query}`);
    assert.equal(response.status, status);
    assert.equal(await response.text(), body);
    assert.equal(await (await fetch(`${server.url}/livez`)).text(), "ok\n");
    assert.equal(await (await fetch(`${server.url}/metrics`)).text(), "a 1\n");
  });
}

test("/readyz gives its status to everybody, and its words only to a token with metrics:read", async () => {
  const scopes: Record<string, string[]> = { ops: ["metrics:read"], reader: ["events:read"] };
  const tokens: Tokens = {
    authenticate: async (token) =>
      scopes[token]
        ? { status: "known", principal: { name: token, scopes: scopes[token] } }
        : { status: "unknown" },
  };
  const checks = [check("bus", "degraded", ["Cannot reach amqp://inner-host."])];
  await using server = await startTestServer(
    (_, root) => addHealthRoutes(root, { meter: nothing, checks: () => checks }),
    { tokens },
  );
  const ask = async (query: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${server.url}/readyz${query}`, { headers });
    assert.equal(response.status, 200);
    return await response.text();
  };
  for (const query of ["", "?verbose"]) {
    for (const token of [undefined, "unknown", "reader"]) assert.equal(await ask(query, token), "degraded\n");
    assert.equal(await ask(query, "ops"), "degraded\nbus degraded\n  Cannot reach amqp://inner-host.\n");
  }
});

const nothing = { render: async () => ({ contentType: "text/plain", text: "a 1\n" }) };

test("openApiDocument() describes every route with its parameters, bodies, answers and scope", () => {
  const route: Route<z.ZodType, z.ZodType, z.ZodType> = {
    method: "POST",
    path: "/tcp/connections/{id}/messages",
    summary: "Send to a connection",
    scope: "tcp:write",
    query: z.strictObject({ wait: z.string().optional().describe("How long."), kind: z.string() }),
    body: z.strictObject({ text: z.string() }),
    responses: {
      202: { description: "Taken.", schema: z.object({ id: z.string() }) },
      404: { description: "There is none." },
    },
    handle: () => undefined,
  };
  const mounts = [{ base: "/v1", routes: [route as Route] }];
  const document = openApiDocument({ title: "T", version: "1", mounts, needsTokens: true });
  assert.partialDeepStrictEqual(document, {
    openapi: "3.1.1",
    paths: {
      "/v1/tcp/connections/{id}/messages": {
        post: {
          summary: "Send to a connection",
          tags: ["tcp"],
          security: [{ bearer: ["tcp:write"] }],
          parameters: [
            { name: "id", in: "path", required: true, schema: { type: "string" } },
            {
              name: "wait",
              in: "query",
              required: false,
              description: "How long.",
              schema: { type: "string" },
            },
            { name: "kind", in: "query", required: true, schema: { type: "string" } },
          ],
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: { type: "object", required: ["text"], additionalProperties: false },
              },
            },
          },
          responses: {
            202: { description: "Taken.", content: { "application/json": { schema: { type: "object" } } } },
            404: {
              description: "There is none.",
              content: {
                "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
              },
            },
            default: { $ref: "#/components/responses/Problem" },
          },
        },
      },
    },
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { FairleadError, noTracer, parseTraceparent } from "@fairlead/core";
import { MemoryTracer } from "@fairlead/core/memory-tracer";
import { eventually } from "@fairlead/harness";
import { startTestServer } from "../../test/test-server.ts";
import { memoryLogger } from "../../test/tracing.ts";
import type { Route, Router } from "./route.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

function addRoutes(router: Router): void {
  router.add({
    method: "GET",
    path: "/things/{id}",
    summary: "Tell how it is traced",
    scope: undefined,
    responses: {},
    handle: (request) => ({
      status: 200,
      body: { traceparent: request.traceparent, traceId: request.traceId },
    }),
  });
  router.add({
    method: "GET",
    path: "/fail/{how}",
    summary: "Fail",
    scope: undefined,
    responses: {},
    handle({ request, response }) {
      const { how } = request.params;
      if (how === "503") return { status: 503 };
      if (how === "broken") response.write("half");
      throw how === "busy"
        ? new FairleadError("LOG_FULL", "Cannot publish: full", { retryable: true })
        : new TypeError("wrong");
    },
  });
}

test("HttpServer makes a span of a request, named after its route, as a child of the client's", async () => {
  const tracer = new MemoryTracer();
  const { logger, lines } = memoryLogger();
  await using server = await startTestServer(addRoutes, { tracer, logger });
  const response = await fetch(`${server.url}/v1/things/7?token=secret`, {
    headers: { traceparent, "x-request-id": "r-1" },
  });
  const body = (await response.json()) as { traceparent: string; traceId: string };
  await eventually(() => tracer.spans[0]?.ends === 1, "the end of the span");
  const [span] = tracer.spans;
  assert.deepEqual(body, { traceparent: span?.traceparent, traceId });
  assert.deepEqual(span, {
    name: "GET /v1/things/{id}",
    kind: "server",
    parent: traceparent,
    traceparent: span?.traceparent,
    ends: 1,
    attributes: {
      "http.request.method": "GET",
      "http.route": "/v1/things/{id}",
      "http.response.status_code": 200,
      "url.path": "/v1/things/7",
      "url.scheme": "http",
      "network.protocol.version": "1.1",
      "client.address": "127.0.0.1",
      "fairlead.request.id": "r-1",
    },
  });
  assert.equal(lines.find(({ message }) => message === "answered")?.fields["traceId"], traceId);
});

test("HttpServer begins a trace where the client sends none, and logs it", async () => {
  const tracer = new MemoryTracer();
  const { logger, lines } = memoryLogger();
  await using server = await startTestServer(addRoutes, { tracer, logger });
  await (await fetch(`${server.url}/v1/things/7`, { headers: { traceparent: "nonsense" } })).text();
  await eventually(() => lines.some(({ message }) => message === "answered"), "the line");
  assert.equal(tracer.spans[0]?.parent, undefined);
  const own = parseTraceparent(tracer.spans[0]?.traceparent)?.traceId;
  assert.ok(own);
  assert.equal(lines.find(({ message }) => message === "answered")?.fields["traceId"], own);
});

const untraced: [string, Record<string, string>, { traceparent?: string; traceId?: string }][] = [
  ["the client's traceparent", { traceparent }, { traceparent, traceId }],
  [
    "of a later version what we know of it",
    { traceparent: `0a-${traceparent.slice(3)}-more` },
    { traceparent, traceId },
  ],
  ["nothing where it is none", { traceparent: "00-1-2-3" }, {}],
  ["nothing where there is none", {}, {}],
];
for (const [what, headers, expected] of untraced) {
  test(`HttpServer passes on ${what} when nothing is traced`, async () => {
    await using server = await startTestServer(addRoutes, { tracer: noTracer });
    assert.deepEqual(await (await fetch(`${server.url}/v1/things/7`, { headers })).json(), expected);
  });
}

const failures: [string, string, number, unknown][] = [
  ["a defect", "/v1/fail/defect", 500, "wrong"],
  ["an error of ours that is worth a retry", "/v1/fail/busy", 503, "Cannot publish: full"],
  ["an answer of 503", "/v1/fail/503", 503, "Cannot answer: 503"],
  ["an answer that breaks off", "/v1/fail/broken", 499, "wrong"],
  ["an unknown path", "/v1/nothing", 404, undefined],
  ["a wrong method", "/v1/things/7", 405, undefined],
];
for (const [what, path, status, message] of failures) {
  test(`HttpServer ends the span of ${what} as ${message === undefined ? "no failure" : "a failure"}`, async () => {
    const tracer = new MemoryTracer();
    await using server = await startTestServer(addRoutes, { tracer });
    const method = status === 405 ? "DELETE" : "GET";
    await fetch(`${server.url}${path}`, { method }).then(
      (response) => response.text(),
      () => {},
    );
    await eventually(() => tracer.spans[0]?.ends === 1, "the end of the span");
    const [span] = tracer.spans;
    assert.equal(span?.attributes["http.response.status_code"], status);
    assert.equal(span?.error instanceof Error ? span.error.message : span?.error, message);
    if (message === undefined) assert.equal(span?.name, method, "no name of a client's making");
  });
}

test("HttpServer ends the span of a client that goes as no failure", async () => {
  const tracer = new MemoryTracer();
  const waiting = Promise.withResolvers<void>();
  const route: Route = {
    method: "GET",
    path: "/wait",
    summary: "Wait for the client to go",
    scope: undefined,
    responses: {},
    async handle({ signal }) {
      waiting.resolve();
      await once(signal, "abort");
      return undefined;
    },
  };
  await using server = await startTestServer((router) => router.add(route), { tracer });
  const socket = connect(server.port, "127.0.0.1");
  socket.write("GET /v1/wait HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await waiting.promise;
  socket.destroy();
  await eventually(() => tracer.spans[0]?.ends === 1, "the end of the span");
  assert.equal(tracer.spans[0]?.error, undefined);
  assert.equal(tracer.spans[0]?.attributes["http.response.status_code"], 499);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { FairleadError, silentLogger } from "@fairlead/core";
import { z } from "zod";
import { startTestServer } from "../../test/test-server.ts";
import { ProblemError } from "./problem.ts";
import type { Router } from "./route.ts";

function addThings(router: Router): void {
  const responses = { 200: { description: "It." } };
  router.add({
    method: "GET",
    path: "/things/{id}",
    summary: "Get a thing",
    scope: "things:read",
    params: z.strictObject({ id: z.string().regex(/^\d+$/, "must be digits").transform(Number) }),
    query: z.strictObject({ limit: z.coerce.number().max(10).default(5) }),
    responses,
    handle: ({ params, query, requestId, traceId, principal }) => ({
      status: 200,
      headers: { "x-thing": "1" },
      body: { id: params.id, limit: query.limit, requestId, traceId, who: principal.name },
    }),
  });
  router.add({
    method: "POST",
    path: "/things",
    summary: "Make a thing",
    scope: "things:write",
    body: z.strictObject({
      spec: z.strictObject({ "a/b": z.number() }),
      tags: z.array(z.string()).default([]),
    }),
    responses: { 201: { description: "Made." } },
    handle: ({ body }) => ({ status: 201, body }),
  });
  router.add({
    method: "GET",
    path: "/things",
    summary: "List",
    scope: "things:read",
    responses,
    handle: () => ({ status: 204 }),
  });
  router.add({
    method: "GET",
    path: "/fail/{how}",
    summary: "Fail",
    scope: "things:read",
    responses,
    handle({ request }) {
      if (request.path.endsWith("full"))
        throw new FairleadError("LOG_FULL", "Cannot publish: full", { retryable: true });
      if (request.path.endsWith("gone")) throw new ProblemError(410, "GONE", "Cannot find it: it is gone");
      throw new Error("secret detail");
    },
  });
}

async function ask(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

test("Router.add() gives the handler checked input and sends its reply", async () => {
  await using server = await startTestServer(addThings);
  const headers = {
    "x-request-id": "req-1",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  const got = await ask(`${server.url}/v1/things/7?limit=9`, { headers });
  assert.equal(got.status, 200);
  assert.equal(got.headers.get("x-request-id"), "req-1");
  assert.equal(got.headers.get("x-thing"), "1");
  assert.deepEqual(got.body, {
    id: 7,
    limit: 9,
    requestId: "req-1",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    who: "loopback",
  });
  assert.equal((await ask(`${server.url}/v1/things`)).status, 204);
  const head = await fetch(`${server.url}/v1/things/7`, { method: "HEAD" });
  assert.equal(head.status, 200);
});

const json = { "content-type": "application/json" };
const post = (body: string, headers: Record<string, string> = json): RequestInit => ({
  method: "POST",
  body,
  headers,
});

test("Router.add() answers a wrong method with 405 and the path that was asked for", async () => {
  await using server = await startTestServer(addThings);
  const got = await ask(`${server.url}/v1/things/7?limit=9`, { method: "DELETE" });
  assert.equal(got.body.detail, "Cannot DELETE /v1/things/7: it takes GET, HEAD");
});

for (const [what, path, init, status, code, errors] of [
  ["an unknown path", "/v1/nothing", {}, 404, "NOT_FOUND", undefined],
  ["an unknown root", "/", {}, 404, "NOT_FOUND", undefined],
  ["a path in other letters", "/v1/Things", {}, 404, "NOT_FOUND", undefined],
  ["a path with a bad escape", "/v1/things/%zz", {}, 400, "BAD_REQUEST", undefined],
  ["a wrong method", "/v1/things/7", { method: "DELETE" }, 405, "METHOD_NOT_ALLOWED", undefined],
  [
    "a wrong parameter",
    "/v1/things/x",
    {},
    400,
    "INPUT_INVALID",
    [{ parameter: "id", detail: "must be digits" }],
  ],
  [
    "a wrong query",
    "/v1/things/7?limit=99&x=1",
    {},
    400,
    "INPUT_INVALID",
    [
      { parameter: "limit", detail: "must be at most 10" },
      { parameter: "x", detail: "is not known" },
    ],
  ],
  ["a body that is not JSON", "/v1/things", post("{"), 400, "BODY_INVALID", undefined],
  [
    "a body of another type",
    "/v1/things",
    post("a=1", { "content-type": "text/plain" }),
    415,
    "MEDIA_TYPE_UNSUPPORTED",
    undefined,
  ],
  [
    "a body in another encoding",
    "/v1/things",
    post("{}", { ...json, "content-encoding": "x" }),
    415,
    "ENCODING_UNSUPPORTED",
    undefined,
  ],
  [
    "a body that is too large",
    "/v1/things",
    post(`"${"x".repeat(1_000)}"`),
    413,
    "BODY_TOO_LARGE",
    undefined,
  ],
  [
    "a wrong body",
    "/v1/things",
    post('{"spec":{"a/b":"1"},"tags":["a",2],"no~pe":1}'),
    422,
    "INPUT_INVALID",
    [
      { pointer: "#/spec/a~1b", detail: "must be a number" },
      { pointer: "#/tags/1", detail: "must be text" },
      { pointer: "#/no~0pe", detail: "is not known" },
    ],
  ],
  [
    "no body",
    "/v1/things",
    { method: "POST", headers: json },
    422,
    "INPUT_INVALID",
    [{ pointer: "#/spec", detail: "must be a map of keys" }],
  ],
  ["an error worth a retry", "/v1/fail/full", {}, 503, "LOG_FULL", undefined],
  ["a problem that the handler throws", "/v1/fail/gone", {}, 410, "GONE", undefined],
  ["a defect", "/v1/fail/defect", {}, 500, "INTERNAL_ERROR", undefined],
] as const) {
  test(`Router answers ${what} with ${status} ${code}`, async () => {
    await using server = await startTestServer(addThings);
    const got = await ask(`${server.url}${path}`, init);
    assert.equal(got.status, status, JSON.stringify(got.body));
    assert.match(got.headers.get("content-type") ?? "", /^application\/problem\+json/);
    assert.equal(got.body.code, code);
    assert.equal(got.body.status, status);
    assert.equal(got.body.type, `urn:fairlead:problem:${code.toLowerCase().replaceAll("_", "-")}`);
    assert.equal(got.body.requestId, got.headers.get("x-request-id"));
    assert.deepEqual(got.body.errors, errors);
    assert.doesNotMatch(JSON.stringify(got.body), /secret detail/);
    if (status === 405) assert.equal(got.headers.get("allow"), "GET, HEAD");
    if (status === 503) assert.equal(got.headers.get("retry-after"), "1");
  });
}

test("Router logs a defect as an error with the request id of the answer", async () => {
  const logged: object[] = [];
  const logger = { ...silentLogger, error: (fields: object) => void logged.push(fields) };
  await using server = await startTestServer(addThings, { logger });
  const { body } = await ask(`${server.url}/v1/fail/defect`);
  await ask(`${server.url}/v1/fail/gone`);
  assert.equal(logged.length, 1);
  assert.partialDeepStrictEqual(logged[0], {
    requestId: body.requestId,
    method: "GET",
    path: "/v1/fail/defect",
  });
});

test("Router cuts off an answer that fails half-way", async () => {
  await using server = await startTestServer((router) =>
    router.add({
      method: "GET",
      path: "/half",
      summary: "Fail half-way",
      scope: "x:read",
      responses: {},
      handle({ response }) {
        response.write("half");
        throw new Error("boom");
      },
    }),
  );
  await assert.rejects(fetch(`${server.url}/v1/half`).then((response) => response.text()));
});

test("Router.add() refuses a path that it cannot document and a route that is there already", async () => {
  await using server = await startTestServer(addThings);
  const router = server.server.router("/v2");
  const add = (path: string) =>
    router.add({
      method: "GET",
      path,
      summary: "x",
      scope: "x:read",
      responses: {},
      handle: () => undefined,
    });
  for (const path of ["", "/", "x", "/x/", "/:id", "/*rest", "/x(y)", "/{}"]) {
    assert.throws(() => add(path), { code: "ROUTE_INVALID" }, path);
  }
  add("/x");
  assert.throws(() => add("/x"), { code: "ROUTE_INVALID" });
});

test("the server counts answers by route and leaves ids and unknown paths out of the labels", async () => {
  await using server = await startTestServer(addThings);
  await ask(`${server.url}/v1/things/7`);
  await ask(`${server.url}/v1/things/8`);
  await ask(`${server.url}/v1/whatever`);
  const { text } = await server.meter.render();
  assert.match(
    text,
    /fairlead_http_requests_total\{route="\/v1\/things\/\{id\}",method="GET",status="200"\} 2/,
  );
  assert.match(text, /fairlead_http_requests_total\{route="unmatched",method="GET",status="404"\} 1/);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { eventually } from "@fairlead/harness";
import { z } from "zod";
import { rawExchange, startTestServer } from "../../test/test-server.ts";
import type { Router } from "./route.ts";

function addEcho(router: Router): void {
  const common = { scope: "x:write", responses: {} } as const;
  const body = z.unknown();
  router.add({
    ...common,
    method: "POST",
    path: "/json",
    summary: "Echo",
    body,
    handle: (r) => ({ status: 200, body: r.body }),
  });
  router.add({
    ...common,
    method: "POST",
    path: "/unread",
    summary: "Leave the body",
    handle: () => ({ status: 200, body: 1 }),
  });
  router.add({
    ...common,
    method: "POST",
    path: "/stream",
    summary: "Read a body that takes its time",
    streamsBody: true,
    async handle({ request }) {
      let bytes = 0;
      for await (const chunk of request) bytes += chunk.length;
      return { status: 200, body: { bytes } };
    },
  });
  router.add({
    ...common,
    method: "GET",
    path: "/flood",
    summary: "Answer without end",
    async handle({ response, signal }) {
      while (!signal.aborted) {
        if (!response.write("x".repeat(65_536)))
          await Promise.race([once(response, "drain"), once(signal, "abort")]);
      }
      return undefined;
    },
  });
}

const drip = (text: string) => text.split("");
const head = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
/** A chunked body that never ends. */
function* endless(path: string) {
  yield `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
  for (let i = 0; i < 1_000; i++) yield "1\r\n1\r\n";
}

/** The limit that cuts; every other is far away. */
const header = { headerMs: 200 };
const bodyLimit = { bodyMs: 200 };

for (const [what, limits, pieces, expected] of [
  ["says nothing", header, [], /^HTTP\/1.1 408 /],
  [
    "drips its headers",
    header,
    drip(`GET /v1/json HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(500)}`),
    /^HTTP\/1.1 408 /,
  ],
  [
    "drips the body of a JSON route",
    bodyLimit,
    [head("/v1/json", 500), ...drip("1".repeat(500))],
    /^HTTP\/1.1 408 /,
  ],
  ["drips a chunked body without end", bodyLimit, [...endless("/v1/json")], /^HTTP\/1.1 408 /],
  // The answer comes first; then the connection is cut all the same.
  [
    "drips a body that nobody reads",
    bodyLimit,
    [head("/v1/unread", 500), ...drip("1".repeat(500))],
    /^HTTP\/1.1 200 /,
  ],
  [
    "drips a body to an unknown path",
    bodyLimit,
    [head("/nowhere", 500), ...drip("1".repeat(500))],
    /^HTTP\/1.1 404 /,
  ],
  ["stops in the middle of a body", bodyLimit, [head("/v1/json", 500), "1"], /^HTTP\/1.1 408 /],
] as const) {
  test(`the server cuts off a client that ${what}`, async () => {
    await using server = await startTestServer(addEcho, { limits });
    let sent = 0;
    function* counted() {
      for (const piece of pieces) {
        sent++;
        yield piece;
      }
    }
    assert.match(await rawExchange(server.port, counted(), 20), expected);
    if (pieces.length > 2) assert.ok(sent < pieces.length, "it was cut while it dripped");
    const isServed = async () => (await fetch(`${server.url}/v1/unread`, { method: "POST" })).ok;
    await eventually(() => isServed().catch(() => false), "an answer to another client");
  });
}

test("the server lets a route that streams its body take its time", async () => {
  await using server = await startTestServer(addEcho, { limits: bodyLimit });
  const pieces = [
    `${head("/v1/stream", 20).replace("content-type", "connection: close\r\ncontent-type")}`,
    ...drip("1".repeat(20)),
  ];
  assert.match(await rawExchange(server.port, pieces, 30), /\{"bytes":20\}$/);
});

test("the server closes a kept-alive connection that is idle", async () => {
  await using server = await startTestServer(addEcho);
  const answer = await rawExchange(server.port, [`${head("/v1/json", 1)}1`]);
  assert.match(answer, /^HTTP\/1.1 200 /);
});

test("the server cuts off a client that does not read its answer", { timeout: 600_000 }, async () => {
  await using server = await startTestServer(addEcho, { limits: { idleMs: 300 } });
  const dial = () => {
    const socket = connect(server.port, "127.0.0.1")
      .on("error", () => {})
      .pause();
    socket.write("GET /v1/flood HTTP/1.1\r\nhost: localhost\r\n\r\n");
    return socket;
  };
  let socket = dial();
  let text = "";
  while (!text.includes('status="499"')) {
    // A process that stood still may have found it idle before it had seen the request.
    if (socket.closed) socket = dial();
    ({ text } = await server.meter.render());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.destroy();
});

test("the server answers probes when maxConnections are open, refuses everything else and counts it", async () => {
  const probe = (_: Router, root: Router) => {
    addEcho(_);
    const route = {
      method: "GET",
      path: "/livez",
      summary: "Live",
      scope: undefined,
      responses: {},
    } as const;
    root.add({ ...route, handle: () => ({ status: 200, body: "ok" }) });
  };
  await using server = await startTestServer(probe, { limits: { maxConnections: 2 } });
  const dial = async () => {
    const socket = connect(server.port, "127.0.0.1").on("error", () => {});
    await once(socket, "connect");
    return socket;
  };
  const busy = [await dial(), await dial()];
  const livez = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
  assert.match(await rawExchange(server.port, [livez]), /^HTTP\/1.1 200 .*connection: close/is);
  assert.match(
    await rawExchange(server.port, [head("/v1/json", 2), "{}"]),
    /^HTTP\/1.1 503 .*"TOO_MANY_CONNECTIONS"/s,
  );
  assert.match((await server.meter.render()).text, /fairlead_http_refused_connections_total 1/);

  // Silence holds no place: the oldest gives way.
  const silent: Socket[] = [];
  for (let count = 0; count < 40; count++) silent.push(await dial());
  assert.match(await rawExchange(server.port, [livez]), /^HTTP\/1.1 200 /);
  await eventually(() => silent.filter(({ closed }) => closed).length >= 8, "the oldest have given way");
  const { text } = await server.meter.render();
  assert.ok(Number(/fairlead_http_refused_connections_total (\d+)/.exec(text)?.[1]) >= 9);
  assert.ok(busy.every(({ closed }) => !closed));
  for (const socket of [...busy, ...silent]) socket.destroy();
});

for (const [what, bytes, expected] of [
  [
    "headers that are too large",
    `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(9_000)}\r\n\r\n`,
    /^HTTP\/1.1 431 .*"HEADERS_TOO_LARGE"/s,
  ],
  ["what is not HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n", /^HTTP\/1.1 400 .*"HTTP_INVALID"/s],
  [
    "both lengths (request smuggling)",
    "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    /^HTTP\/1.1 400 /,
  ],
  ["no Host", "GET /livez HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400 /],
] as const) {
  test(`the server refuses ${what}`, async () => {
    await using server = await startTestServer(addEcho);
    assert.match(await rawExchange(server.port, [bytes]), expected);
  });
}

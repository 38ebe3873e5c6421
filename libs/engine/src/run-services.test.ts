import assert from "node:assert/strict";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createToken, section } from "@fairlead/chassis";
import { FairleadError } from "@fairlead/core";
import { startTestEngine, temporaryDirectory, textEvent } from "../test/test-engine.ts";
import { runServices } from "./run-services.ts";
import type { RunningService, ServiceContext, ServiceDefinition } from "./service.ts";

const name = "tcp-gateway";

function service(
  open: (context: ServiceContext<unknown, "bus" | "state">) => Promise<Partial<RunningService>>,
): ServiceDefinition {
  return {
    name,
    configSchema: section({}),
    needs: ["bus", "state"],
    plan: () => ({ sockets: [], connections: 0, eventTypes: [] }),
    open: async (context) => ({
      endpoints: [],
      checks: [],
      drain: async () => {},
      async [Symbol.asyncDispose]() {},
      ...(await open(context)),
    }),
  };
}

test("runServices() serves health, metrics and the API document, and gives the endpoints, HTTP first", async () => {
  const endpoint = { scheme: "tcp", host: "127.0.0.1", port: 7001, description: "lines" };
  await using engine = await startTestEngine([service(async () => ({ endpoints: [endpoint] }))]);
  assert.deepEqual(
    engine.running.endpoints.map(({ scheme }) => scheme),
    ["http", "tcp"],
  );
  for (const path of ["/livez", "/readyz", "/metrics", "/v1/openapi.json"]) {
    assert.equal((await fetch(`${engine.url}${path}`)).status, 200, path);
  }
  const ready = await (await fetch(`${engine.url}/readyz?verbose`)).text();
  assert.equal(ready, "ok\nprocess ok\nbus ok\nstate ok\n");
  const metrics = await (await fetch(`${engine.url}/metrics`)).text();
  assert.match(metrics, /^fairlead_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
  assert.match(metrics, /^fairlead_bus_can_accept 1$/m);
  const { paths } = (await (await fetch(`${engine.url}/v1/openapi.json`)).json()) as { paths: object };
  assert.deepEqual(Object.keys(paths), ["/livez", "/readyz", "/metrics", "/v1/events", "/v1/openapi.json"]);
});

test("runServices() gives a service its section, a logger with its name and a router below /v1", async () => {
  const definition = service(async ({ logger, router, instance, config }) => {
    assert.deepEqual(config, {});
    logger.info({ instance }, "created");
    router.add({
      method: "GET",
      path: "/tcp/x",
      summary: "X",
      scope: "tcp:read",
      responses: {},
      handle: () => ({ status: 204 }),
    });
    return {};
  });
  await using engine = await startTestEngine([definition]);
  assert.equal((await fetch(`${engine.url}/v1/tcp/x`)).status, 204);
  const line = engine.lines.find((text) => text.includes('"msg":"created"')) ?? "";
  assert.equal(line.split('"service":').length, 2, "the field stands once");
  assert.partialDeepStrictEqual(JSON.parse(line), { service: name, instance: engine.running.instance });
});

for (const [status, expected] of [
  ["degraded", 200],
  ["failed", 503],
] as const) {
  test(`/readyz answers ${expected} with words when a service's check says ${status}`, async () => {
    const check = { name, check: async () => ({ status, problems: ["The buffer is small."] }) };
    await using engine = await startTestEngine([service(async () => ({ checks: [check] }))]);
    const response = await fetch(`${engine.url}/readyz`);
    assert.equal(response.status, expected);
    assert.equal(await response.text(), `${status}\n${name} ${status}\n  The buffer is small.\n`);
  });
}

test("drain() is not ready, lets services finish while HTTP answers, then stops HTTP; the bus has everything", async () => {
  await using directory = await temporaryDirectory();
  const data = { FAIRLEAD_DATA_DIR: directory.path };
  const seen: string[] = [];
  let url = "";
  const definition = service(async ({ bus }) => ({
    async drain() {
      const ready = await fetch(`${url}/readyz`);
      seen.push(`${ready.status} ${await ready.text()}`);
      await bus.publish(textEvent("last"));
      seen.push("drained");
    },
    async [Symbol.asyncDispose]() {
      seen.push("disposed");
    },
  }));
  {
    await using engine = await startTestEngine([definition], data);
    url = engine.url;
    const { signal } = new AbortController();
    await Promise.all([engine.running.drain(signal), engine.running.drain(signal)]);
    await assert.rejects(fetch(`${url}/livez`));
  }
  assert.deepEqual(seen, ["503 failed\nprocess failed\n  draining\n", "drained", "disposed"]);
  await using again = await startTestEngine([], data);
  const texts: string[] = [];
  for await (const { event } of again.bus.tail({ after: 0, follow: false })) {
    texts.push(Buffer.from(event.data).toString());
  }
  assert.deepEqual(texts, ["last"]);
});

test("drain() goes on when one service cannot, says so, and fails at the end", async () => {
  const failing = service(async () => ({ drain: () => Promise.reject(new Error("stuck")) }));
  await using engine = await startTestEngine([failing]);
  await assert.rejects(engine.running.drain(new AbortController().signal), {
    code: "DRAIN_INCOMPLETE",
    message: `Cannot drain ${name}: the log says why`,
  });
  await assert.rejects(fetch(`${engine.url}/livez`));
  const line = engine.lines.map((text) => JSON.parse(text)).find(({ msg }) => msg === "cannot drain");
  assert.equal(line.part, name);
  assert.equal(line.err.message, "stuck");
});

test("drain() does not wait beyond the signal for a service that ignores it", async () => {
  const stuck = service(async () => ({ drain: () => new Promise(() => {}) }));
  await using engine = await startTestEngine([stuck]);
  await assert.rejects(engine.running.drain(AbortSignal.timeout(50)), { code: "DRAIN_INCOMPLETE" });
});

test("drain() takes a service that ends at the signal for drained", async () => {
  const obedient = service(async () => ({
    drain: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
  }));
  await using engine = await startTestEngine([obedient]);
  await engine.running.drain(AbortSignal.timeout(50));
});

test("runServices() closes everything and says in one line which service could not start and why", async () => {
  await using directory = await temporaryDirectory();
  const data = { FAIRLEAD_DATA_DIR: directory.path };
  const seen: string[] = [];
  const good: ServiceDefinition = {
    ...service(async () => ({
      async [Symbol.asyncDispose]() {
        seen.push("disposed");
      },
    })),
    name: "udp-collector",
  };
  const cause = new FairleadError("ADDRESS_IN_USE", "Cannot listen on 127.0.0.1:7001: the port is in use");
  const bad = service(() => Promise.reject(cause));
  await assert.rejects(startTestEngine([good, bad], data), {
    code: "START_FAILED",
    message: "Cannot start tcp-gateway: Cannot listen on 127.0.0.1:7001: the port is in use",
    cause,
  });
  assert.deepEqual(seen, ["disposed"]);
  // The log has one owner at a time: that it opens again shows that it was let go.
  await using _again = await startTestEngine([], data);
});

test("runServices() closes everything when the HTTP port is in use", async () => {
  await using directory = await temporaryDirectory();
  const data = { FAIRLEAD_DATA_DIR: directory.path };
  await using other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  await assert.rejects(startTestEngine([], { ...data, FAIRLEAD_HTTP_PORT: String(port) }), {
    code: "ADDRESS_IN_USE",
  });
  await using _again = await startTestEngine([], data);
});

test("runServices() refuses a public address without tokens before it makes anything", async () => {
  await using directory = await temporaryDirectory();
  const dataDir = join(directory.path, "data");
  const env = { FAIRLEAD_HOST: "0.0.0.0", FAIRLEAD_DATA_DIR: dataDir };
  await assert.rejects(startTestEngine([], env), { code: "CONFIG_INVALID" });
  await assert.rejects(stat(dataDir), { code: "ENOENT" });
});

test("runServices() with a tokens file asks for tokens, except for health and the document", async () => {
  await using directory = await temporaryDirectory();
  const { token, sha256 } = createToken();
  const file = join(directory.path, "tokens.yaml");
  await writeFile(file, `tokens: [{ name: t, sha256: ${sha256}, scopes: ["events:read"] }]`);
  await using engine = await startTestEngine([], { FAIRLEAD_TOKENS_FILE: file });
  const status = async (path: string, headers = {}) =>
    (await fetch(`${engine.url}${path}`, { headers })).status;
  const headers = { authorization: `Bearer ${token}` };
  assert.equal(await status("/readyz"), 200);
  assert.equal(await status("/v1/openapi.json"), 200);
  assert.equal(await status("/v1/events?follow=false"), 401);
  assert.equal(await status("/v1/events?follow=false", headers), 200);
  assert.equal(await status("/metrics", headers), 403);
});

test("runServices() refuses a data directory that cannot be written", async () => {
  await using directory = await temporaryDirectory();
  const dataDir = join(directory.path, "locked");
  await mkdir(dataDir, { mode: 0o500 });
  // Root may write everywhere: become nobody for the attempt.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await assert.rejects(startTestEngine([], { FAIRLEAD_DATA_DIR: dataDir }), {
      code: "DATA_DIR_UNUSABLE",
      message: /this user may not write there/,
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test("runServices() that is stopped while it starts closes what it has opened", async () => {
  await using directory = await temporaryDirectory();
  const stop = new AbortController();
  const reason = new Error("stopped");
  const stopping = service(async () => {
    stop.abort(reason);
    return {};
  });
  const second: ServiceDefinition = { ...service(async () => assert.fail("started")), name: "udp-collector" };
  const env = { FAIRLEAD_HTTP_PORT: "0", FAIRLEAD_DATA_DIR: directory.path, FAIRLEAD_LOG_LEVEL: "error" };
  const start = runServices({
    name: "x",
    services: [stopping, second],
    env,
    cwd: directory.path,
    signal: stop.signal,
  });
  await assert.rejects(start, reason);
  await using _again = await startTestEngine([], { FAIRLEAD_DATA_DIR: directory.path });
});

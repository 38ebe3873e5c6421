import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Bus } from "@fairlead/bus";
import { createHttpServer } from "@fairlead/chassis";
import { fromStructuredJson } from "@fairlead/contracts";
import { FairleadError, MemoryMeter, silentLogger } from "@fairlead/core";
import { addEventStream } from "./event-stream.ts";
import { startTestEngine, textEvent } from "./test-engine.ts";

/** What waits in a loop fails instead of hanging when it is broken. */
const hangs = { timeout: 60_000 };

type Engine = Awaited<ReturnType<typeof startTestEngine>>;

async function publish(engine: Engine, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await engine.running.bus.publish(textEvent(text));
}

/** The messages of a stream as [id, text of the event], read until `count` have come or it ends. */
async function read(response: Response, count = Number.POSITIVE_INFINITY): Promise<[string, string][]> {
  const found: [string, string][] = [];
  let rest = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) {
      const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(part) ?? [];
      if (id !== undefined) found.push([id, Buffer.from(fromStructuredJson(data).data).toString()]);
    }
    if (found.length >= count) break;
  }
  return found;
}

const texts = (messages: readonly [string, string][]) => messages.map(([, text]) => text);

test("GET /v1/events gives the log in order and ends with follow=false", async () => {
  await using engine = await startTestEngine();
  await publish(engine, "a", "b", "c");
  const response = await fetch(`${engine.url}/v1/events?after=0&follow=false`);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const messages = await read(response);
  assert.deepEqual(texts(messages), ["a", "b", "c"]);
  const after = await read(await fetch(`${engine.url}/v1/events?after=${messages[0]![0]}&follow=false`));
  assert.deepEqual(after, messages.slice(1));
});

test("GET /v1/events goes on live, from the end by default", async () => {
  await using engine = await startTestEngine();
  await publish(engine, "before");
  const response = await fetch(`${engine.url}/v1/events`);
  const reading = read(response, 2);
  await publish(engine, "one", "two");
  assert.deepEqual(texts(await reading), ["one", "two"]);
});

test("GET /v1/events resumes after Last-Event-ID, which goes before `after`", async () => {
  await using engine = await startTestEngine();
  await publish(engine, "a", "b", "c");
  const all = await read(await fetch(`${engine.url}/v1/events?after=0&follow=false`));
  const headers = { "last-event-id": all[1]![0] };
  const rest = await read(await fetch(`${engine.url}/v1/events?after=0&follow=false`, { headers }));
  assert.deepEqual(rest, all.slice(2));
});

test("GET /v1/events from the end tells its place first, from which a client that was cut off loses nothing", async () => {
  await using engine = await startTestEngine();
  await publish(engine, "before");
  const stop = new AbortController();
  const response = await fetch(`${engine.url}/v1/events`, { signal: stop.signal });
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/^id: \d+\n\n/m.test(text)) break;
  }
  stop.abort();
  const [, id = ""] = /^id: (\d+)\n\n/m.exec(text) ?? [];
  await publish(engine, "while away");
  const headers = { "last-event-id": id };
  const resumed = await fetch(`${engine.url}/v1/events?follow=false`, { headers });
  assert.deepEqual(texts(await read(resumed)), ["while away"]);
});

test("GET /v1/events starts at the end that only the log knows, without telling a place", async () => {
  const asked: unknown[] = [];
  await using served = await serveStream(async function* ({ after }) {
    asked.push(after);
    yield { offset: 7, event: textEvent("one") };
  }, {});
  const text = await (await fetch(`http://127.0.0.1:${served.port}/events`)).text();
  assert.deepEqual(asked, ["end"]);
  assert.deepEqual(text.match(/^id:.*$/gm), ["id: 7"]);
});

test("GET /v1/events filters by patterns, one or several, with or without the prefix", async () => {
  await using engine = await startTestEngine();
  for (const key of ["tcp.records", "tcp.opened", "udp.syslog", "job.fetch.finished"]) {
    await engine.running.bus.publish(textEvent(key, key));
  }
  for (const [query, expected] of [
    ["type=tcp.*", ["tcp.records", "tcp.opened"]],
    ["type=tcp.opened&type=udp.%23", ["tcp.opened", "udp.syslog"]],
    ["type=dev.fairlead.job.*.finished", ["job.fetch.finished"]],
    ["type=nothing", []],
  ] as const) {
    const response = await fetch(`${engine.url}/v1/events?after=0&follow=false&${query}`);
    assert.deepEqual(texts(await read(response)), expected, query);
  }
});

for (const [query, parameter] of [
  ["after=-1", "after"],
  ["after=x", "after"],
  ["after=99999999999999999999", "after"],
  ["follow=maybe", "follow"],
  ["type=", "type"],
  ["type=a..b", "type"],
  [`type=${"%23.".repeat(20)}%23`, "type"],
  [Array(21).fill("type=a").join("&"), "type"],
  ["typ=a", "typ"],
] as const) {
  test(`GET /v1/events?${query.slice(0, 30)} answers 400 and names ${parameter}`, async () => {
    await using engine = await startTestEngine();
    const response = await fetch(`${engine.url}/v1/events?${query}`);
    assert.equal(response.status, 400);
    assert.partialDeepStrictEqual(await response.json(), { code: "INPUT_INVALID", errors: [{ parameter }] });
  });
}

test("GET /v1/events refuses a Last-Event-ID that is no offset, and HEAD does not stream", async () => {
  await using engine = await startTestEngine();
  const headers = { "last-event-id": "abc" };
  assert.equal((await fetch(`${engine.url}/v1/events`, { headers })).status, 400);
  assert.equal((await fetch(`${engine.url}/v1/events`, { method: "HEAD" })).status, 200);
});

test(
  "GET /v1/events refuses more streams than may be open, and has room again when one has gone",
  hangs,
  async () => {
    await using engine = await startTestEngine();
    const limit = engine.running.config.values.http.maxStreams;
    const stop = new AbortController();
    const opened = await Promise.all(
      Array.from({ length: limit }, () => fetch(`${engine.url}/v1/events`, { signal: stop.signal })),
    );
    assert.ok(opened.every(({ status }) => status === 200));
    const refused = await fetch(`${engine.url}/v1/events`);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get("retry-after"), "5");
    assert.partialDeepStrictEqual(await refused.json(), { code: "TOO_MANY_STREAMS" });
    stop.abort();
    let status = 503;
    while (status === 503) ({ status } = await fetch(`${engine.url}/v1/events?follow=false`));
    assert.equal(status, 200);
  },
);

test("GET /v1/events gives a client that reads late everything", async () => {
  await using engine = await startTestEngine();
  const response = await fetch(`${engine.url}/v1/events?after=0`);
  const expected = Array.from({ length: 30 }, (_, n) => `${"x".repeat(500_000)}${n}`);
  await publish(engine, ...expected);
  assert.deepEqual(texts(await read(response, expected.length)), expected);
});

/** The route alone, on a bus of the test's own. */
async function serveStream(tail: Bus["tail"], health: { lastOffset?: number } = { lastOffset: 0 }) {
  const meter = new MemoryMeter();
  const second = 1_000;
  const server = createHttpServer({
    host: "127.0.0.1",
    port: 0,
    tokens: undefined,
    limits: {
      headerMs: second,
      bodyMs: second,
      idleMs: second,
      keepAliveMs: second,
      maxConnections: 5,
      maxHeaderBytes: 8_192,
      maxBodyBytes: 1_000,
    },
    logger: silentLogger,
    meter,
  });
  const bus = { tail, health: () => health } as unknown as Bus;
  addEventStream(server.router(""), { bus, logger: silentLogger, meter, maxStreams: 1, heartbeatMs: 20 });
  const { port } = await server.listen();
  return { meter, port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test(
  "GET /v1/events asks the log for no more than a client takes, and cuts off one that takes nothing",
  hangs,
  async () => {
    let asked = 0;
    await using served = await serveStream(async function* () {
      for (;;) yield { offset: ++asked, event: textEvent("x".repeat(1024 * 1024)) };
    });
    const socket = connect(served.port, "127.0.0.1");
    socket.pause();
    socket.on("error", () => {});
    socket.write("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n");
    // The stream is over once the idle limit has cut the client off: heartbeats did not keep it alive.
    while (asked === 0 || served.meter.value("fairlead_http_event_streams") > 0) await setTimeout(10);
    // What the kernel's buffers took (a few MiB each way), and one more.
    assert.ok(asked < 40, `${asked} MiB were asked for`);
    socket.destroy();
  },
);

test("GET /v1/events sends heartbeats while nothing happens", async () => {
  await using served = await serveStream(async function* ({ signal }) {
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  });
  const stop = new AbortController();
  const response = await fetch(`http://127.0.0.1:${served.port}/events`, { signal: stop.signal });
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/(^:\n\n){3}/m.test(text)) break;
  }
  stop.abort();
});

for (const [what, error, expected] of [
  [
    "our own error",
    new FairleadError("BUS_FAILED", "Cannot read the log"),
    /"code":"BUS_FAILED","detail":"Cannot read/,
  ],
  ["a defect", new Error("secret detail"), /"code":"INTERNAL_ERROR"/],
] as const) {
  test(`GET /v1/events ends with a message of type problem after ${what}`, async () => {
    await using served = await serveStream(async function* () {
      yield { offset: 1, event: textEvent("one") };
      throw error;
    });
    const text = await (await fetch(`http://127.0.0.1:${served.port}/events`)).text();
    assert.match(text, /^id: 1\ndata: .*\n\nevent: problem\ndata: \{.*\}\n\n$/m);
    assert.match(text, expected);
    assert.doesNotMatch(text, /secret detail/);
  });
}

test("GET /v1/events ends politely at the drain", async () => {
  await using engine = await startTestEngine();
  const response = await fetch(`${engine.url}/v1/events`);
  const text = response.text();
  await engine.running.drain(AbortSignal.timeout(10_000));
  assert.match(await text, /: draining\n\n$/);
});

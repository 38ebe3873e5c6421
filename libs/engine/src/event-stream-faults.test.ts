/** The stream on a bus in memory: a client that does not read, silence, a log that fails. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Bus } from "@fairlead/bus";
import { MemoryBus } from "@fairlead/bus/memory";
import { createHttpServer, type Tokens } from "@fairlead/chassis";
import { FairleadError, silentLogger } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { textEvent } from "../test/test-engine.ts";
import { addEventStream } from "./event-stream.ts";

/** What waits in a loop fails instead of hanging when it is broken. */
const hangs = { timeout: 600_000 };

/** The route alone, on this bus. */
async function serveStream(bus: Bus, { tokens, idleMs = 60_000 }: { tokens?: Tokens; idleMs?: number } = {}) {
  const meter = new MemoryMeter();
  const minute = 60_000;
  const server = createHttpServer({
    host: "127.0.0.1",
    port: 0,
    tokens,
    limits: {
      headerMs: minute,
      bodyMs: minute,
      idleMs,
      keepAliveMs: minute,
      maxConnections: 5,
      maxHeaderBytes: 8_192,
      maxBodyBytes: 1_000,
    },
    logger: silentLogger,
    meter,
  });
  addEventStream(server.router(""), { bus, logger: silentLogger, meter, maxStreams: 1, heartbeatMs: 20 });
  const { port } = await server.listen();
  return { meter, port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test(
  "GET /v1/events asks the log for no more than a client takes, and cuts off one that takes nothing",
  hangs,
  async () => {
    let asked = 0;
    const bus = new MemoryBus();
    bus.tail = async function* () {
      for (;;) yield { offset: ++asked, event: textEvent("x".repeat(1024 * 1024)) };
    };
    await using served = await serveStream(bus, { idleMs: 1_000 });
    const dial = () => {
      const socket = connect(served.port, "127.0.0.1")
        .on("error", () => {})
        .pause();
      socket.write("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n");
      return socket;
    };
    let socket = dial();
    // The stream is over once the idle limit has cut the client off: heartbeats did not keep it alive.
    while (asked === 0 || served.meter.value("fairlead_http_event_streams") > 0) {
      // A process that stood still may have cut it before it had seen the request.
      if (asked === 0 && socket.closed) socket = dial();
      await setTimeout(10);
    }
    // What the kernel's buffers took (a few MiB each way), and one more.
    assert.ok(asked < 40, `${asked} MiB were asked for`);
    socket.destroy();
  },
);

test("GET /v1/events sends heartbeats while nothing happens", async () => {
  await using served = await serveStream(new MemoryBus());
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
    new FairleadError("BUS_FAILED", "Cannot read the log", { retryable: true }),
    /"status":503,"code":"BUS_FAILED","detail":"Cannot read/,
  ],
  ["a defect", new Error("secret detail"), /"status":500,"code":"INTERNAL_ERROR"/],
] as const) {
  test(`GET /v1/events ends with a message of type problem after ${what}`, async () => {
    const bus = new MemoryBus();
    await bus.publish(textEvent("one"));
    bus.tailFailure = error;
    await using served = await serveStream(bus);
    const text = await (await fetch(`http://127.0.0.1:${served.port}/events?after=0`)).text();
    assert.match(text, /^id: 1\ndata: .*\n\nevent: problem\ndata: \{.*\}\n\n$/m);
    assert.match(text, expected);
    assert.doesNotMatch(text, /secret detail/);
  });
}

test("GET /v1/events starts at the end that only the log knows, without telling a place", async () => {
  const asked: unknown[] = [];
  const bus = new MemoryBus();
  bus.condition = { lastOffset: undefined, firstOffset: undefined };
  bus.tail = async function* ({ after }) {
    asked.push(after);
    yield { offset: 7, event: textEvent("one") };
  };
  await using served = await serveStream(bus);
  const text = await (await fetch(`http://127.0.0.1:${served.port}/events`)).text();
  assert.deepEqual(asked, ["end"]);
  assert.deepEqual(text.match(/^id:.*$/gm), ["id: 7"]);
});

for (const [status, code] of [
  ["unknown", "TOKEN_INVALID"],
  ["expired", "TOKEN_EXPIRED"],
] as const) {
  test(
    `GET /v1/events ends with 401 ${code} when the token of the open stream is ${status}`,
    hangs,
    async () => {
      let isGone = false;
      const principal = { name: "a", scopes: ["events:read"] };
      const tokens: Tokens = {
        authenticate: async () => (isGone ? { status } : { status: "known", principal }),
      };
      let given = 0;
      const bus = new MemoryBus();
      bus.tail = async function* ({ signal }) {
        // Goes on delivering, as a busy log does.
        for (; !signal?.aborted; await setTimeout(1)) yield { offset: ++given, event: textEvent("one") };
      };
      await using served = await serveStream(bus, { tokens });
      const headers = { authorization: "Bearer a" };
      const response = await fetch(`http://127.0.0.1:${served.port}/events`, { headers });
      let text = "";
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        isGone = true;
      }
      const last = text.split("\n\n").at(-2) ?? "";
      assert.match(last, /^event: problem\ndata: /);
      const problem = JSON.parse(last.slice(last.indexOf("{")));
      assert.partialDeepStrictEqual(problem, { status: 401, code });
    },
  );
}

for (const [query, resume, health, expected] of [
  ["after=5", undefined, { firstOffset: 9, lastOffset: 20 }, { first: 6, last: 8 }],
  ["after=5", undefined, { firstOffset: 21, lastOffset: 20 }, { first: 6, last: 20 }],
  ["after=0", "0", { firstOffset: 9, lastOffset: 20 }, { first: 1, last: 8 }],
  ["after=0", undefined, { firstOffset: 9, lastOffset: 20 }, undefined],
  ["after=8", undefined, { firstOffset: 9, lastOffset: 20 }, undefined],
  ["after=20", undefined, { firstOffset: 21, lastOffset: 20 }, undefined],
  ["after=end", undefined, { firstOffset: 9, lastOffset: 20 }, undefined],
  ["after=5", undefined, { lastOffset: 20 }, undefined],
  ["after=5", undefined, { lastOffset: undefined }, undefined],
] as const) {
  const words = expected ? `says that ${expected.first} to ${expected.last} are not kept` : "names no gap";
  test(`GET /v1/events?${query} ${words} on ${JSON.stringify(health)}, resuming ${resume}`, async () => {
    const bus = new MemoryBus();
    bus.condition = { firstOffset: undefined, ...health };
    bus.tail = async function* () {};
    await using served = await serveStream(bus);
    const headers: Record<string, string> = resume === undefined ? {} : { "last-event-id": resume };
    const text = await (await fetch(`http://127.0.0.1:${served.port}/events?${query}`, { headers })).text();
    const [, data] = /^event: gap\ndata: (.*)\n\n/m.exec(text) ?? [];
    if (expected === undefined) assert.equal(data, undefined);
    else {
      const detail = `Cannot give the events ${expected.first} to ${expected.last}: they are not kept any more`;
      assert.deepEqual(JSON.parse(data ?? ""), { ...expected, detail });
    }
  });
}

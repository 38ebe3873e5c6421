import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createEvent, toServerSentEvent } from "@fairlead/contracts";
import { ManualClock } from "@fairlead/core/manual-clock";
import { type TailEventsOptions, tailEvents } from "./tail-events.ts";

const eventText = (offset: number) =>
  toServerSentEvent(
    offset,
    createEvent({
      source: "/test",
      type: "dev.fairlead.tcp.records",
      datacontenttype: "text/plain",
      data: Buffer.from(`record ${offset}`),
    }),
  );

type Handler = (request: IncomingMessage, response: ServerResponse, connection: number) => void;

async function startServer(handler: Handler) {
  let connections = 0;
  const requests: { url: string; lastEventId: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({
      url: request.url ?? "",
      lastEventId: request.headers["last-event-id"] as string | undefined,
      authorization: request.headers.authorization,
    });
    handler(request, response, ++connections);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    http: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function stream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { "content-type": "text/event-stream" });
}

/** No test waits for a backoff, and no time limit runs out before a test says so. */
const impatientClock = () => Object.assign(new ManualClock(), { sleep: async () => {} });
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function collect(url: { url: string }, options: TailEventsOptions, limit = Number.POSITIVE_INFINITY) {
  const offsets: number[] = [];
  for await (const { offset, event } of tailEvents(url, { clock: impatientClock(), ...options })) {
    assert.equal(Buffer.from(event.data).toString(), `record ${offset}`);
    offsets.push(offset);
    if (offsets.length >= limit) break;
  }
  return offsets;
}

test("tailEvents() gives every event and ends when it does not follow", async () => {
  await using server = await startServer((_, response) => {
    stream(response).end(`: hello\n\n${eventText(1)}${eventText(2)}${eventText(5)}`);
  });
  const offsets = await collect(server.http, { after: 0, follow: false, types: ["tcp.*", "udp.#"] });
  assert.deepEqual(offsets, [1, 2, 5]);
  assert.equal(server.requests[0]?.url, "/v1/events?after=0&type=tcp.*&type=udp.%23&follow=false");
});

test("tailEvents() goes on behind the last event when the connection breaks inside one, without repeat or gap", async () => {
  await using server = await startServer((_, response, connection) => {
    stream(response);
    if (connection === 1) response.write(eventText(1) + eventText(2).slice(0, 20), () => response.destroy());
    // Repeats what was seen: a server is free to.
    else response.end(eventText(1) + eventText(2) + eventText(3));
  });
  assert.deepEqual(await collect(server.http, { after: 0 }, 3), [1, 2, 3]);
  assert.equal(server.requests[1]?.lastEventId, "1");
});

test("tailEvents() goes on behind an id without data when it started at the end", async () => {
  await using server = await startServer((_, response, connection) => {
    stream(response);
    if (connection === 1) response.write("id: 41\n\n", () => response.destroy());
    else response.write(eventText(42));
  });
  assert.deepEqual(await collect(server.http, { after: "end" }, 1), [42]);
  assert.equal(server.requests[0]?.lastEventId, undefined);
  assert.equal(server.requests[1]?.lastEventId, "41");
});

for (const last of [
  ": draining\n\n",
  'event: problem\ndata: {"code":"BUS_FAILED","detail":"Cannot read"}\n\n',
]) {
  test(`tailEvents() does not take ${JSON.stringify(last)} for the end when it does not follow`, async () => {
    await using server = await startServer((_, response, connection) => {
      if (connection === 1) stream(response).end(eventText(1) + last);
      else stream(response).end(eventText(2));
    });
    assert.deepEqual(await collect(server.http, { after: 0, follow: false }), [1, 2]);
    assert.equal(server.requests[1]?.lastEventId, "1");
  });
}

test("tailEvents() gives the same events when the stream is split at every byte", async () => {
  const text = `${eventText(1)}: beat\n\n${eventText(2)}`;
  await using server = await startServer((_, response) => {
    stream(response);
    for (const byte of Buffer.from(text)) response.write(Buffer.of(byte));
    response.end();
  });
  assert.deepEqual(await collect(server.http, { after: 0, follow: false }), [1, 2]);
});

test("tailEvents() raises what the server says when the request is refused, and does not repeat it", async () => {
  await using server = await startServer((_, response) => {
    response.writeHead(401, { "content-type": "application/problem+json" });
    response.end(
      JSON.stringify({ type: "about:blank", title: "Unauthorized", status: 401, code: "NO_TOKEN" }),
    );
  });
  await assert.rejects(collect(server.http, { after: 0 }), {
    name: "ProblemResponse",
    code: "NO_TOKEN",
    status: 401,
  });
  assert.equal(server.requests.length, 1);
});

test("tailEvents() raises a problem in the stream that no repeat would mend, and does not connect again", async () => {
  const problem = { status: 401, code: "TOKEN_INVALID", detail: "Cannot accept the token" };
  await using server = await startServer((_, response) => {
    stream(response).end(`${eventText(1)}event: problem\ndata: ${JSON.stringify(problem)}\n\n`);
  });
  await assert.rejects(collect(server.http, { after: 0 }), {
    name: "ProblemResponse",
    code: "TOKEN_INVALID",
    status: 401,
    message:
      "Cannot go on reading events: Cannot accept the token (HTTP 401)\nGive a token with --token-file FILE, or in FAIRLEAD_TOKEN",
  });
  assert.equal(server.requests.length, 1);
});

test("tailEvents() tells which events are not kept any more, and gives the others", async () => {
  const gap = { first: 6, last: 8, detail: "Cannot give the events 6 to 8: they are not kept any more" };
  await using server = await startServer((_, response) => {
    stream(response).end(`id: 5\n\nevent: gap\ndata: ${JSON.stringify(gap)}\n\n${eventText(9)}`);
  });
  const told: unknown[] = [];
  const onGap = (one: unknown) => void told.push(one);
  assert.deepEqual(await collect(server.http, { after: 5, follow: false, onGap }), [9]);
  assert.deepEqual(told, [gap]);
});

test("tailEvents() raises UNREACHABLE when nothing listens", async () => {
  const server = await startServer(() => {});
  await server[Symbol.asyncDispose]();
  await assert.rejects(collect(server.http, {}), {
    code: "UNREACHABLE",
    message: `Cannot reach Fairlead at ${server.http.url}: connection refused. Is it running? Start it with: npm start`,
  });
});

test("tailEvents() gives up after its attempts when the server only breaks", async () => {
  await using server = await startServer((_, response, connection) => {
    if (connection === 1) stream(response).write(eventText(1), () => response.destroy());
    else response.writeHead(503).end();
  });
  await assert.rejects(collect(server.http, { after: 0, maxAttempts: 3 }), { code: "HTTP_503" });
  assert.equal(server.requests.length, 4);
});

test("tailEvents() connects again when nothing comes for too long", { timeout: 600_000 }, async () => {
  await using server = await startServer((_, response, connection) => {
    stream(response).write(connection === 1 ? eventText(1) : eventText(2));
  });
  const reasons: unknown[] = [];
  const onReconnect = (error: unknown) => void reasons.push((error as { code: string }).code);
  const clock = impatientClock();
  const silenceMs = 3_600_000;
  const events = tailEvents(server.http, { after: 0, silenceMs, clock, onReconnect });
  assert.equal((await events.next()).value?.offset, 1);
  const second = events.next();
  await turn();
  await clock.advance(silenceMs - 1);
  await turn();
  assert.deepEqual(reasons, []);
  while (reasons.length === 0) {
    await clock.advance(1);
    await turn();
  }
  assert.equal((await second).value?.offset, 2);
  assert.deepEqual(reasons, ["STREAM_SILENT"]);
  await events.return();
});

test("tailEvents() raises EVENT_TOO_LARGE and holds no more when an event never ends", async () => {
  await using server = await startServer((_, response) => {
    stream(response).write(`id: 1\ndata: ${"x".repeat(10_000)}`);
  });
  await assert.rejects(collect(server.http, { after: 0, maxEventChars: 1_000 }), { code: "EVENT_TOO_LARGE" });
});

test("tailEvents() raises NOT_FAIRLEAD when something else answers", async () => {
  await using server = await startServer((_, response) => void response.end("<html>"));
  await assert.rejects(collect(server.http, {}), { code: "NOT_FAIRLEAD" });
});

test("tailEvents() ends quietly when its signal fires, connected or waiting", async () => {
  await using server = await startServer((_, response) => void stream(response).write(eventText(1)));
  const stop = new AbortController();
  const offsets: number[] = [];
  for await (const { offset } of tailEvents(server.http, { after: 0, signal: stop.signal })) {
    offsets.push(offset);
    stop.abort();
  }
  assert.deepEqual(offsets, [1]);
});

test("tailEvents() sends its token", async () => {
  await using server = await startServer((_, response) => void stream(response).end());
  await collect({ ...server.http, ...{ token: "secret" } }, { follow: false });
  assert.equal(server.requests[0]?.authorization, "Bearer secret");
});

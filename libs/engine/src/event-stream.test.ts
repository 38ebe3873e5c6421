import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createToken } from "@fairlead/chassis";
import { fromStructuredJson } from "@fairlead/contracts";
import { startTestEngine, temporaryDirectory, textEvent } from "../test/test-engine.ts";

/** What waits in a loop fails instead of hanging when it is broken. */
const hangs = { timeout: 600_000 };

type Engine = Awaited<ReturnType<typeof startTestEngine>>;

async function publish(engine: Engine, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await engine.bus.publish(textEvent(text));
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

test("GET /v1/events filters by patterns, one or several, with or without the prefix", async () => {
  await using engine = await startTestEngine();
  for (const key of ["tcp.records", "tcp.opened", "udp.syslog", "job.fetch.finished"]) {
    await engine.bus.publish(textEvent(key, key));
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
    const problem = (await response.json()) as { errors: { detail: string }[] };
    assert.partialDeepStrictEqual(problem, { code: "INPUT_INVALID", errors: [{ parameter }] });
    // In our words, not in those of the schema library.
    assert.match(problem.errors[0]!.detail, /^(must be|is not known)/);
  });
}

test("GET /v1/events refuses an offset beyond the end of the log, wherever it stands, and takes the end itself", async () => {
  await using engine = await startTestEngine();
  await publish(engine, "a", "b");
  const last = engine.bus.health().lastOffset!;
  const ask = (after: number, headers = {}) =>
    fetch(`${engine.url}/v1/events?follow=false&after=${after}`, { headers });
  const refused = await ask(last + 1);
  assert.equal(refused.status, 400);
  const detail = `is beyond the end of the log, which is ${last}: it must be an offset of this log`;
  assert.partialDeepStrictEqual(await refused.json(), {
    code: "OFFSET_BEYOND_END",
    detail: `Cannot begin after ${last + 1}: it ${detail}`,
    errors: [{ parameter: "after", detail }],
  });
  const resumed = await ask(0, { "last-event-id": "99999999" });
  assert.partialDeepStrictEqual(await resumed.json(), { status: 400, code: "OFFSET_BEYOND_END" });
  assert.equal((await ask(last)).status, 200);
});

test("GET /v1/events ends when its token is deleted from the tokens file; the other tokens' streams go on", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "tokens.yaml");
  const [kept, deleted] = [createToken(), createToken()];
  const entry = (name: string, sha256: string) =>
    `  - { name: ${name}, sha256: "${sha256}", scopes: ["events:read"] }\n`;
  await writeFile(file, `tokens:\n${entry("kept", kept.sha256)}${entry("deleted", deleted.sha256)}`);
  await using engine = await startTestEngine([], { FAIRLEAD_TOKENS_FILE: file });
  const open = (token: string) =>
    fetch(`${engine.url}/v1/events`, { headers: { authorization: `Bearer ${token}` } });
  const [going, ending] = await Promise.all([open(kept.token), open(deleted.token)]);
  await writeFile(`${file}.new`, `tokens:\n${entry("kept", kept.sha256)}`);
  await rename(`${file}.new`, file);
  assert.match(
    await ending.text(),
    /^event: problem\ndata: \{.*"status":401,"code":"TOKEN_INVALID".*\}\n\n$/m,
  );
  await publish(engine, "one");
  assert.deepEqual(texts(await read(going, 1)), ["one"]);
});

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

test("GET /v1/events ends politely at the drain", async () => {
  await using engine = await startTestEngine();
  const response = await fetch(`${engine.url}/v1/events`);
  const text = response.text();
  await engine.running.drain(new AbortController().signal);
  assert.match(await text, /: draining\n\n$/);
});

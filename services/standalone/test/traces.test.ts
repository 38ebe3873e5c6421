/** Traces of a whole Fairlead: what the collector of a user gets, and what one that is away costs: nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { tailEvents } from "@fairlead/client";
import type { CloudEvent } from "@fairlead/contracts";
import {
  eventually,
  exchange,
  freePort,
  type ReceivedSpan,
  startOtlpCollector,
  temporaryDirectory,
} from "@fairlead/harness";
import { configOf, freePorts, startFairlead, writeConfig } from "./fairlead.ts";
import { Sender } from "./senders.ts";

async function storedEvents(url: string): Promise<CloudEvent[]> {
  const events: CloudEvent[] = [];
  for await (const { event } of tailEvents({ url }, { after: 0, follow: false })) events.push(event);
  return events;
}

/** The value of a metric, the sum over its labels. */
async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

const traceparentOf = ({ traceId, spanId }: ReceivedSpan) => `00-${traceId}-${spanId}-01`;

test("up traces a record from TCP to the log", async () => {
  await using directory = await temporaryDirectory();
  await using collector = await startOtlpCollector();
  const ports = await freePorts();
  const listeners = [{ name: "lines", port: ports.lines }];
  await writeConfig(directory.path, configOf(ports, { "tcp-gateway": { listeners } }));
  await using fairlead = await startFairlead(directory.path, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: "harbour",
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
  assert.equal(await exchange(ports.lines, "one\ntwo\nthree\n"), "OK 3\n");
  const { url } = fairlead.ready;
  const isClosed = async () => (await storedEvents(url)).some(({ type }) => type.endsWith("tcp.closed"));
  await eventually(isClosed, "the event of the closed connection");
  const events = await storedEvents(url);
  const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  await (await fetch(`${url}/v1/tcp/connections`, { headers })).text();
  // Before the end, which has a second for what is left: too little for a machine that has other work.
  const isSent = (names: string[]) =>
    names.filter((name) => name.startsWith("publish ")).length >= 3 &&
    names.includes("GET /v1/tcp/connections");
  await eventually(() => isSent(collector.spans.map(({ name }) => name)), "the spans");
  assert.deepEqual(await fairlead.child.kill("SIGTERM"), { code: 0, signal: null });

  const published = collector.spans.filter(({ kind }) => kind === "producer");
  assert.deepEqual(
    published.map(({ name }) => name).sort(),
    ["publish tcp.closed", "publish tcp.opened", "publish tcp.records"],
    "one for each event, none for each record",
  );
  for (const event of events) {
    const span = published.find(({ attributes }) => attributes["messaging.message.id"] === event.id);
    assert.ok(span, event.type);
    assert.equal(event.extensions["traceparent"], traceparentOf(span));
    assert.equal(span.resource["service.name"], "harbour");
  }
  const request = collector.spans.find(({ name }) => name === "GET /v1/tcp/connections");
  assert.partialDeepStrictEqual(request, {
    kind: "server",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    parentSpanId: "b7ad6b7169203331",
    attributes: { "http.response.status_code": 200, "http.route": "/v1/tcp/connections" },
  });
});

const collectors: [string, () => Promise<{ readonly port: number } & Partial<AsyncDisposable>>][] = [
  ["is away", async () => ({ port: await freePort() })],
  ["never answers", () => startOtlpCollector({ intercept: () => true })],
];
for (const [what, start] of collectors) {
  test(`up takes and acknowledges everything, and ends in time, when the collector ${what}`, async () => {
    await using directory = await temporaryDirectory();
    await using resources = new AsyncDisposableStack();
    const collector = await start();
    resources.defer(async () => collector[Symbol.asyncDispose]?.());
    const ports = await freePorts();
    await writeConfig(directory.path, configOf(ports, { shutdown: { limit: "1m" } }));
    await using fairlead = await startFairlead(directory.path, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
      // Longer than the limit of the shutdown: waiting for it would end the process with 1.
      OTEL_EXPORTER_OTLP_TIMEOUT: "3600000",
      OTEL_BSP_MAX_QUEUE_SIZE: "16",
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "4",
    });
    const { url } = fairlead.ready;
    const senders = [1, 20].map((size) => new Sender(`s${size}`, ports.lines, size));
    await Promise.all(senders.map((sender) => sender.untilAcknowledged(2_000)));
    await eventually(async () => (await metric(url, "fairlead_traces_lost_spans_total")) > 100, "lost spans");
    assert.ok((await metric(url, "fairlead_traces_pending_spans")) <= 16 + 4);
    assert.deepEqual(await fairlead.child.kill("SIGTERM"), { code: 0, signal: null });
    const said = fairlead.child.stdout
      .map((line) => JSON.parse(line))
      .filter(({ part }) => part === "traces");
    const warnings = said.filter(({ level }) => level === "warn");
    assert.ok(warnings.length >= 1);
    assert.ok(warnings.every(({ msg }) => /^spans lost/.test(msg)));
    const times = warnings.map(({ time }) => Date.parse(time));
    const early = times.filter((time, index) => time - times[index - 1]! < 59_000);
    assert.ok(early.length <= 1, "one a minute, and one at the end");
  });
}

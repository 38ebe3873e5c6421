import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { after, test } from "node:test";
import { type CloudEvent, fromStructuredJson } from "@fairlead/contracts";
import { systemClock } from "@fairlead/core";
import { startOtlpCollector } from "@fairlead/harness";

const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    // prom-client brings the API, which does nothing by itself.
    if (/@opentelemetry\/(?!api\/)/.test(url)) loaded.push(url);
    return next(url, context);
  },
});
// Behind the hook, which sees what is loaded from now on.
const { startTestEngine, textEvent } = await import("../test/test-engine.ts");

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

after(() => {
  delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
});

async function storedEvents(url: string): Promise<CloudEvent[]> {
  const response = await fetch(`${url}/v1/events?after=0&follow=false`, { headers: { traceparent } });
  const messages = (await response.text()).matchAll(/^id: \d+\ndata: (.*)$/gm);
  return [...messages].map(([, data]) => fromStructuredJson(data));
}

test("runServices() traces nothing by default, loads nothing of OpenTelemetry, and lets a traceparent travel", async () => {
  await using engine = await startTestEngine();
  const plain = textEvent("x");
  const traced = { ...textEvent("y"), extensions: { traceparent } };
  await engine.bus.publish(plain);
  await engine.bus.publish(traced);
  assert.deepEqual(await storedEvents(engine.url), [plain, traced]);
  assert.deepEqual(loaded, []);
});

test("runServices() traces publishes and requests where the environment says, and sends the last at its end", async () => {
  await using collector = await startOtlpCollector();
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: "3600000" };
  // The SDK reads it there.
  Object.assign(process.env, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  // The time for the last spans is a second: a minute, for a process that may stand still.
  const slow = { ...systemClock, timer: (ms: number, call: () => void) => systemClock.timer(60 * ms, call) };
  const engine = await startTestEngine([], variables, slow);
  let events: CloudEvent[];
  try {
    await engine.bus.publish(textEvent("x"));
    await engine.bus.publish({ ...textEvent("y"), extensions: { traceparent } });
    events = await storedEvents(engine.url);
    assert.ok(loaded.length > 0);
    assert.deepEqual(collector.requests, []);
  } finally {
    await engine[Symbol.asyncDispose]();
  }
  const [own, child, request] = collector.spans;
  assert.ok(own && child && request && collector.spans.length === 3);
  assert.equal(events[0]?.extensions["traceparent"], `00-${own.traceId}-${own.spanId}-01`);
  assert.deepEqual(events[1]?.extensions, { traceparent });
  assert.partialDeepStrictEqual(own, {
    name: "publish test.said",
    kind: "producer",
    parentSpanId: "",
    attributes: { "messaging.message.id": events[0]?.id },
    resource: { "service.name": "test", "service.instance.id": engine.running.instance },
  });
  const parent = { traceId: "0af7651916cd43dd8448eb211c80319c", parentSpanId: "b7ad6b7169203331" };
  assert.partialDeepStrictEqual(child, { ...parent, name: "publish test.said" });
  assert.partialDeepStrictEqual(request, { ...parent, name: "GET /v1/events", kind: "server" });
  const answered = engine.lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === "answered");
  assert.equal(answered?.traceId, parent.traceId);
});

import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";
import { FairleadError, noTracer, parseTraceparent } from "@fairlead/core";
import { startOtlpCollector, within } from "@fairlead/harness";
import { startTestTracing } from "../../test/tracing.ts";

const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    if (url.includes("@opentelemetry")) loaded.push(url);
    return next(url, context);
  },
});

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const notSampled = parent.replace(/01$/, "00");

/** Nothing is sent before the end, so that a test says itself when that is. */
const never = { OTEL_BSP_SCHEDULE_DELAY: "3600000" };

test("openTracing() is off and loads nothing of OpenTelemetry unless an endpoint is set", async () => {
  await using tracing = await startTestTracing({ OTEL_SERVICE_NAME: "x", OTEL_TRACES_EXPORTER: "otlp" });
  assert.equal(tracing.tracer, noTracer);
  assert.deepEqual(loaded, []);
  await using collector = await startOtlpCollector();
  await using other = await startTestTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  assert.equal(other.tracer.isOn, true);
  assert.ok(loaded.length > 0, "the hook sees what is loaded");
});

test("Tracer.start() makes spans that the collector gets, a child under its parent, at the end at the latest", async () => {
  await using collector = await startOtlpCollector();
  {
    await using tracing = await startTestTracing({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=ci,service.name=other",
      OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=secret%20key",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      ...never,
    });
    const root = tracing.tracer.start("a", { kind: "server", attributes: { n: 1, f: 0.5, b: true, s: "x" } });
    const child = tracing.tracer.start("b", { kind: "producer", parent: root.traceparent });
    child.end(new FairleadError("LOG_FULL", "Cannot publish to amqp://user:secret@host: full"));
    root.rename("GET /a");
    root.annotate({ n: 2 });
    root.end();
    const remote = tracing.tracer.start("c", { kind: "internal", parent });
    remote.end();
    assert.equal(parseTraceparent(remote.traceparent)?.traceId, parseTraceparent(parent)?.traceId);
    tracing.tracer.start("d", { kind: "client", parent: "nonsense" }).end(new TypeError("wrong"));
    assert.equal(collector.requests.length, 0);
  }
  const [b, a, c, d] = collector.spans;
  assert.ok(a && b && c && d && collector.spans.length === 4);
  assert.partialDeepStrictEqual(a, {
    name: "GET /a",
    kind: "server",
    parentSpanId: "",
    attributes: { n: 2, f: 0.5, b: true, s: "x" },
    resource: {
      "service.name": "other",
      "service.namespace": "fairlead",
      "service.version": "1.2.3",
      "service.instance.id": "i-1",
      "deployment.environment.name": "ci",
      "telemetry.sdk.name": "opentelemetry",
    },
  });
  assert.equal(a.error, undefined);
  assert.partialDeepStrictEqual(b, {
    name: "b",
    kind: "producer",
    traceId: a.traceId,
    parentSpanId: a.spanId,
    attributes: { "error.type": "LOG_FULL" },
    error: "Cannot publish to amqp://***@host: full",
  });
  assert.partialDeepStrictEqual(c, { parentSpanId: "00f067aa0ba902b7", kind: "internal" });
  assert.partialDeepStrictEqual(d, {
    parentSpanId: "",
    kind: "client",
    attributes: { "error.type": "TypeError" },
  });
  const [{ path, headers } = { path: "", headers: {} }] = collector.requests;
  assert.equal(path, "/v1/traces");
  assert.partialDeepStrictEqual(headers, {
    "content-type": "application/x-protobuf",
    "content-encoding": "gzip",
    "x-api-key": "secret key",
    "user-agent": "Fairlead/1.2.3",
  });
});

test("Tracer.start() sends nothing for a parent that is not sampled, and passes that on", async () => {
  await using collector = await startOtlpCollector();
  {
    await using tracing = await startTestTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...never });
    const span = tracing.tracer.start("a", { kind: "server", parent: notSampled });
    assert.equal(parseTraceparent(span.traceparent)?.flags, 0);
    span.end();
  }
  assert.equal(collector.requests.length, 0);
});

const samplers: [string, string, { root: boolean; sampled: boolean; unsampled: boolean }][] = [
  ["always_on", "1", { root: true, sampled: true, unsampled: true }],
  ["always_off", "1", { root: false, sampled: false, unsampled: false }],
  ["traceidratio", "0", { root: false, sampled: false, unsampled: false }],
  ["parentbased_always_on", "0", { root: true, sampled: true, unsampled: false }],
  ["parentbased_always_off", "1", { root: false, sampled: true, unsampled: false }],
  ["parentbased_traceidratio", "0", { root: false, sampled: true, unsampled: false }],
  ["parentbased_traceidratio", "1", { root: true, sampled: true, unsampled: false }],
];
for (const [OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, expected] of samplers) {
  test(`openTracing() samples as ${OTEL_TRACES_SAMPLER} with ${OTEL_TRACES_SAMPLER_ARG} says`, async () => {
    await using collector = await startOtlpCollector();
    {
      await using tracing = await startTestTracing({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_TRACES_SAMPLER,
        OTEL_TRACES_SAMPLER_ARG,
        ...never,
      });
      tracing.tracer.start("root", { kind: "server" }).end();
      tracing.tracer.start("sampled", { kind: "server", parent }).end();
      tracing.tracer.start("unsampled", { kind: "server", parent: notSampled }).end();
    }
    const got = new Set(collector.spans.map(({ name }) => name));
    assert.deepEqual(got, new Set(Object.keys(expected).filter((name) => expected[name as "root"])));
  });
}

test("openTracing() says what it passes over, and works", async () => {
  await using collector = await startOtlpCollector();
  await using tracing = await startTestTracing({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path`,
    OTEL_TRACES_SAMPLER: "sometimes",
    OTEL_EXPORTER_OTLP_TIMEOUT: "-1",
    OTEL_BSP_SCHEDULE_DELAY: "0",
  });
  tracing.tracer.start("a", { kind: "internal" }).end();
  await within(
    collector.waitFor((spans) => spans.length === 1),
    "the span",
  );
  assert.equal(collector.requests[0]?.path, "/own/path");
  const warnings = tracing.lines.filter(({ level }) => level === "warn").map(({ message }) => message);
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? "", /^OTEL_TRACES_SAMPLER sometimes is passed over/);
  assert.match(warnings[1] ?? "", /OTEL_EXPORTER_OTLP_TIMEOUT is invalid/);
});

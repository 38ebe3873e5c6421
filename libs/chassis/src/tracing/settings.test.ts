import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readTracingSettings } from "./settings.ts";

const OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318";
const defaults = {
  sampler: "parentbased_always_on",
  samplerRatio: 1,
  maxQueuedSpans: 2_048,
  maxBatchSpans: 512,
  delayMs: 5_000,
};

const off: [string, Record<string, string>][] = [
  ["nothing is set", {}],
  ["the endpoint is empty", { OTEL_EXPORTER_OTLP_ENDPOINT: " " }],
  ["only the endpoint of metrics is set", { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://127.0.0.1" }],
  ["only the exporter is named", { OTEL_TRACES_EXPORTER: "otlp" }],
  ["the SDK is disabled", { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: "True" }],
  ["the exporter is none", { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: "none" }],
];
for (const [what, env] of off) {
  test(`readTracingSettings() gives none when ${what}`, () => {
    assert.deepEqual(readTracingSettings(env), { settings: undefined, warnings: [] });
  });
}

test("readTracingSettings() gives none and says why when another exporter is asked for", () => {
  const { settings, warnings } = readTracingSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_TRACES_EXPORTER: "zipkin",
  });
  assert.equal(settings, undefined);
  assert.deepEqual(warnings, ["OTEL_TRACES_EXPORTER zipkin is passed over: only otlp is there"]);
});

const on: [string, Record<string, string>, Partial<Record<keyof typeof defaults, unknown>>][] = [
  ["the endpoint of everything", { OTEL_EXPORTER_OTLP_ENDPOINT }, {}],
  ["the endpoint of traces", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://x/v1/traces" }, {}],
  ["a disabling that is not true", { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: "1" }, {}],
  ["the exporter by its name", { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: "otlp" }, {}],
  [
    "a sampler by ratio",
    {
      OTEL_EXPORTER_OTLP_ENDPOINT,
      OTEL_TRACES_SAMPLER: "ParentBased_TraceIdRatio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
    },
    { sampler: "parentbased_traceidratio", samplerRatio: 0.25 },
  ],
  [
    "a queue",
    { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_BSP_MAX_QUEUE_SIZE: "100", OTEL_BSP_SCHEDULE_DELAY: "0" },
    { maxQueuedSpans: 100, maxBatchSpans: 100, delayMs: 0 },
  ],
];
for (const [what, env, expected] of on) {
  test(`readTracingSettings() follows ${what}`, () => {
    assert.deepEqual(readTracingSettings(env), { settings: { ...defaults, ...expected }, warnings: [] });
  });
}

const misunderstood: [string, string][] = [
  ["OTEL_TRACES_SAMPLER", "jaeger_remote"],
  ["OTEL_TRACES_SAMPLER_ARG", "2"],
  ["OTEL_TRACES_SAMPLER_ARG", "half"],
  ["OTEL_BSP_MAX_QUEUE_SIZE", "0"],
  ["OTEL_BSP_MAX_QUEUE_SIZE", "1e9"],
  ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "-1"],
  ["OTEL_BSP_SCHEDULE_DELAY", "5s"],
  ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
];
for (const [name, value] of misunderstood) {
  test(`readTracingSettings() passes over ${name}=${value} and says so`, () => {
    const { settings, warnings } = readTracingSettings({ OTEL_EXPORTER_OTLP_ENDPOINT, [name]: value });
    assert.deepEqual(settings, defaults);
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0]?.includes(`${value} is `) && warnings[0].includes("passed over"), warnings[0]);
  });
}

test("readTracingSettings() takes any text without an error and never leaves a bound", () => {
  const names = [
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
  ];
  const value = fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (given) => {
      const { settings } = readTracingSettings({ OTEL_EXPORTER_OTLP_ENDPOINT, ...given });
      if (settings === undefined) return;
      const { maxQueuedSpans, maxBatchSpans, delayMs, samplerRatio } = settings;
      assert.ok(maxQueuedSpans >= 1 && maxQueuedSpans <= 100_000);
      assert.ok(maxBatchSpans >= 1 && maxBatchSpans <= maxQueuedSpans);
      assert.ok(delayMs >= 0 && delayMs <= 3_600_000);
      assert.ok(samplerRatio >= 0 && samplerRatio <= 1);
    }),
  );
});

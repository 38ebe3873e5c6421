import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { createMeter } from "./meter.ts";

const options = { logger: silentLogger, processMetrics: false };

test("createMeter() renders counters, gauges and histograms with their labels", async () => {
  const meter = createMeter(options);
  const counter = meter.counter({ name: "a_total", help: "A.", labels: ["reason"] });
  counter.increment(2, { reason: "full" });
  counter.increment(undefined, { reason: "full" });
  meter.gauge({ name: "b", help: "B." }).set(5);
  const histogram = meter.histogram({ name: "c_seconds", help: "C.", buckets: [1, 2] });
  histogram.observe(1.5);
  const { text, contentType } = await meter.render();
  assert.match(contentType, /^text\/plain/);
  assert.match(text, /^a_total\{reason="full"\} 3$/m);
  assert.match(text, /^b 5$/m);
  assert.match(text, /^c_seconds_bucket\{le="2"\} 1$/m);
});

test("createMeter() gives the same metric for the same name, and refuses another kind or other labels", async () => {
  const meter = createMeter(options);
  meter.counter({ name: "a_total", help: "A." }).increment();
  meter.counter({ name: "a_total", help: "A." }).increment();
  assert.match((await meter.render()).text, /^a_total 2$/m);
  assert.throws(() => meter.gauge({ name: "a_total", help: "A." }), { code: "METRIC_MISMATCH" });
  assert.throws(() => meter.counter({ name: "a_total", help: "A.", labels: ["x"] }), {
    code: "METRIC_MISMATCH",
  });
});

test("registered names every metric with its labels before it has a value", () => {
  const meter = createMeter(options);
  const metric = { name: "a_total", help: "A.", labels: ["reason", "kind"] };
  meter.counter(metric);
  meter.counter({ ...metric, labels: ["kind", "reason"] });
  meter.histogram({ name: "c_seconds", help: "C.", buckets: [1, 2] });
  assert.deepEqual(meter.registered, [
    { ...metric, kind: "counter" },
    { name: "c_seconds", help: "C.", labels: [], kind: "histogram" },
  ]);
});

test("onScrape() calls back before the values are read, until disposed; a failing one does not break the scrape", async () => {
  const warned: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => void warned.push(message) };
  const meter = createMeter({ ...options, logger });
  const gauge = meter.gauge({ name: "n", help: "N." });
  let n = 0;
  const bad = meter.onScrape(() => Promise.reject(new Error("no")));
  const good = meter.onScrape(() => gauge.set(++n));
  assert.match((await meter.render()).text, /^n 1$/m);
  assert.deepEqual(warned, ["cannot collect metrics"]);
  bad[Symbol.dispose]();
  good[Symbol.dispose]();
  assert.match((await meter.render()).text, /^n 1$/m);
  assert.equal(warned.length, 1);
});

test("createMeter() brings the metrics of the process", async () => {
  const { text } = await createMeter({ logger: silentLogger }).render();
  assert.match(text, /^process_resident_memory_bytes \d/m);
});

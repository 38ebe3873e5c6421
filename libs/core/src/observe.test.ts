import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryMeter } from "../test/memory-meter.ts";
import { type Meter, silentLogger } from "./observe.ts";

const options = (name: string) => ({ name, help: "h", labels: ["a", "b"] });

test("MemoryMeter keeps values by name and labels, in any order of the labels", () => {
  const meter = new MemoryMeter();
  meter.counter(options("c")).increment();
  meter.counter(options("c")).increment(2, { a: "1", b: "2" });
  meter.counter(options("c")).increment(3, { b: "2", a: "1" });
  meter.gauge(options("g")).set(5);
  meter.gauge(options("g")).set(4);
  const asMeter: Meter = meter;
  const histogram = asMeter.histogram({ ...options("h"), buckets: [1] });
  histogram.observe(1);
  histogram.observe(2);
  const values = [meter.value("c"), meter.value("c", { a: "1", b: "2" }), meter.value("g"), meter.value("h")];
  assert.deepEqual([...values, meter.value("never")], [1, 5, 4, 3, 0]);
});

test("MemoryMeter.scrape() asks every collector until it is disposed", async () => {
  const meter = new MemoryMeter();
  let asked = 0;
  const collector = meter.onScrape(async () => {
    asked++;
  });
  await meter.scrape();
  collector[Symbol.dispose]();
  await meter.scrape();
  assert.equal(asked, 1);
});

test("silentLogger says nothing and makes children like itself", () => {
  assert.equal(silentLogger.child({ a: 1 }), silentLogger);
  assert.equal(silentLogger.error({}, "x"), undefined);
});

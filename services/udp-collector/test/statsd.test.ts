import assert from "node:assert/strict";
import { test } from "node:test";
import { type StatsdRecord, statsdRecordSchema } from "@fairlead/contracts";
import { Client, Collector } from "./support.ts";

function recordsOf(collector: Collector): StatsdRecord[] {
  return collector.bus.lines.map((line) => statsdRecordSchema.parse(line));
}

function counterTotal(collector: Collector): number {
  return recordsOf(collector).reduce(
    (sum, record) => sum + (record.kind === "counter" ? record.value : 0),
    0,
  );
}

test("udpCollector publishes statsd once an interval, and a datagram is pending until then", async () => {
  await using collector = await Collector.start([{ name: "m", kind: "statsd", flushInterval: "200ms" }]);
  await using client = new Client(collector.port());
  await client.send("jobs:1|c", "jobs:2|c|@0.5\nload:0.7|g", "bad");
  while (collector.listener().ledger.received < 3) await new Promise((resolve) => setImmediate(resolve));
  const before = collector.listener().ledger;
  assert.equal(before.published + before.pending, 3);
  const after = await collector.settled(3);
  assert.equal(after.ledger.published, 3);
  assert.equal(counterTotal(collector), 5);
  const summaries = recordsOf(collector).filter((record) => record.kind === "summary");
  assert.equal(
    summaries.reduce((sum, { datagrams }) => sum + datagrams, 0),
    3,
  );
  const [event] = collector.bus.events;
  assert.equal(event?.type, "dev.fairlead.udp.statsd");
  assert.ok(Number(event?.extensions["intervalms"]) > 0);
  const bad = collector.meter.value("fairlead_udp_collector_statsd_bad_lines_total", {
    listener: "m",
    reason: "value",
  });
  assert.equal(bad, 1);
});

test("udpCollector flushes statsd on drain, long before the interval is over", async () => {
  await using collector = await Collector.start([{ name: "m", kind: "statsd", flushInterval: "1h" }]);
  await using client = new Client(collector.port());
  await client.send(...Array.from({ length: 50 }, () => "jobs:1|c"));
  while (collector.listener().ledger.received < 50) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([collector.listener().ledger.pending, collector.bus.events.length], [50, 0]);
  await collector.drain();
  assert.deepEqual([collector.listener().ledger.published, collector.listener().ledger.pending], [50, 0]);
  assert.equal(counterTotal(collector), 50);
});

test("udpCollector says nothing when no statsd came", async () => {
  await using collector = await Collector.start([{ name: "m", kind: "statsd", flushInterval: "10ms" }]);
  await collector.drain();
  assert.equal(collector.bus.events.length, 0);
});

test("udpCollector cuts a large flush into events that are numbered through", async () => {
  await using collector = await Collector.start([
    { name: "m", kind: "statsd", flushInterval: "1h", maxEventBytes: "2KiB" },
  ]);
  await using client = new Client(collector.port());
  await client.send(...Array.from({ length: 60 }, (_, index) => `series${index}:1|c\nother${index}:1|ms`));
  await collector.drain();
  assert.ok(collector.bus.events.length > 5);
  for (const { data } of collector.bus.events) assert.ok(data.length <= 2_048);
  const records = recordsOf(collector);
  assert.deepEqual(
    records.map(({ seq }) => seq),
    Array.from({ length: 121 }, (_, index) => index + 1),
  );
  assert.equal(records.at(-1)?.kind, "summary");
  assert.equal(collector.listener().ledger.published, 60);
});

test("udpCollector goes on aggregating while the bus takes nothing: an outage costs no value", async () => {
  await using collector = await Collector.start([{ name: "m", kind: "statsd", flushInterval: "10ms" }]);
  const { bus } = collector;
  bus.refuse = () => "LOG_FULL";
  await using client = new Client(collector.port());
  await client.send("jobs:1|c");
  await bus.until(() => bus.attempts.length >= 1);
  for (let round = 0; round < 10; round++) await client.send("jobs:10|c", "jobs:0.5|c");
  while (collector.listener().ledger.received < 21) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(collector.listener().ledger.pending, 21);
  bus.refuse = undefined;
  assert.equal((await collector.settled(21)).ledger.published, 21);
  assert.equal(counterTotal(collector), 106);
});

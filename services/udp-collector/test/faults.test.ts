import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import type { UdpListenerKind } from "@fairlead/contracts";
import { randomBytesOf } from "@fairlead/harness";
import { Client, Collector, CollectorBus, kindNames, ledgerDifference, listenerOf } from "./support.ts";

/** The texts of the events in their order, for the kinds that publish each datagram for itself. */
const textsOf: { readonly [Name in UdpListenerKind]?: (bus: CollectorBus) => unknown[] } = {
  raw: (bus) => bus.records.map(({ payload }) => String(payload)),
  syslog: (bus) => bus.lines.map(({ text }) => text),
};

for (const kind of kindNames) {
  test(`udpCollector (${kind}) keeps what the bus refuses for a while, and goes on by itself`, async () => {
    await using collector = await Collector.start([listenerOf(kind)]);
    const { bus } = collector;
    bus.refuse = () => "LOG_FULL";
    await using client = new Client(collector.port());
    await client.send("a:1|c");
    await bus.until(() => bus.attempts.length >= 2);
    await client.send("b:1|c", "c:1|c");
    while (collector.listener().ledger.received < 3) await new Promise((resolve) => setImmediate(resolve));
    const during = collector.listener();
    assert.equal(during.ledger.pending, 3);
    assert.equal(during.ledger.published, 0);
    const health = await collector.service.checks[0]?.check();
    assert.equal(health?.status, "degraded");

    bus.refuse = undefined;
    const after = await collector.settled(3);
    assert.equal(after.ledger.published, 3);
    assert.equal(ledgerDifference(after), 0);
    // A repeat is the same event: every id that became durable did so once.
    const ids = bus.events.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(bus.attempts[0]?.event.id, bus.attempts[1]?.event.id);
    assert.equal((await collector.service.checks[0]?.check())?.status, "ok");
    const texts = textsOf[kind]?.(bus);
    if (texts) assert.deepEqual(texts, ["a:1|c", "b:1|c", "c:1|c"]);
  });
}

test("udpCollector drops and counts the newest when more waits than may", async () => {
  await using collector = await Collector.start([{ name: "r", kind: "raw", maxPendingDatagrams: 5 }]);
  const { bus } = collector;
  bus.refuse = () => "BUS_FAILED";
  await using client = new Client(collector.port());
  await client.send("0");
  await bus.until(() => bus.attempts.length >= 1);
  await client.send(...Array.from({ length: 20 }, (_, index) => String(index + 1)));
  while (collector.listener().ledger.received < 21) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(collector.listener().ledger.rejected["overflow"], 15);
  bus.refuse = undefined;
  const { ledger } = await collector.settled(21);
  assert.equal(ledger.published, 6);
  assert.deepEqual(
    bus.records.map(({ payload, seq }) => [seq, String(payload)]),
    [
      [1, "0"],
      [2, "1"],
      [3, "2"],
      [4, "3"],
      [5, "4"],
      [6, "5"],
    ],
  );
});

test("udpCollector cuts an event that is too large for the bus, and gives up only what is too large alone", async () => {
  const bus = new CollectorBus();
  bus.refuse = (event) => (event.data.length > 400 ? "EVENT_TOO_LARGE" : undefined);
  await using collector = await Collector.start([{ name: "r", kind: "raw" }], { bus });
  await using client = new Client(collector.port());
  bus.hold();
  await client.send("first");
  await bus.until(() => bus.attempts.length === 1);
  const sizes = [100, 100, 100, 1_000, 100, 100, 100, 100];
  await client.send(...sizes.map((size) => Buffer.alloc(size)));
  while (collector.listener().ledger.received < 9) await new Promise((resolve) => setImmediate(resolve));
  bus.release();
  const { ledger } = await collector.settled(9);
  assert.deepEqual([ledger.published, ledger.rejected["event-too-large"]], [8, 1]);
  // The record that is lost leaves a gap where it stood.
  assert.deepEqual(
    bus.records.map(({ seq }) => seq),
    [1, 2, 3, 4, 6, 7, 8, 9],
  );
});

test("udpCollector counts as refused what the bus will never take", async () => {
  await using collector = await Collector.start([
    { name: "r", kind: "raw" },
    { name: "s", kind: "statsd", flushInterval: "10ms" },
  ]);
  collector.bus.refuse = () => "BUS_CLOSED";
  for (const index of [0, 1]) {
    await using client = new Client(collector.port(index));
    await client.send("a:1|c");
    const listener = await collector.settled(1, index);
    assert.equal(listener.ledger.rejected["bus-closed"], 1, listener.name);
  }
});

for (const kind of kindNames) {
  test(`udpCollector (${kind}) leaves what the bus never took as pending when the time to stop is over`, async () => {
    await using collector = await Collector.start([listenerOf(kind)]);
    const { bus } = collector;
    bus.refuse = () => "LOG_FULL";
    await using client = new Client(collector.port());
    await client.send("a:1|c");
    await bus.until(() => bus.attempts.length >= 1);
    const stop = new AbortController();
    const draining = collector.drain(stop.signal);
    await bus.until(() => bus.attempts.length >= 2);
    stop.abort();
    await draining;
    const listener = collector.listener();
    assert.deepEqual([listener.ledger.received, listener.ledger.pending], [1, 1]);
    assert.equal(ledgerDifference(listener), 0);
  });
}

test("udpCollector takes random bytes on every listener", async (t) => {
  // The same seed gives the same bytes: write it here to repeat a run.
  const seed = randomInt(2 ** 32);
  t.diagnostic(`seed ${seed}`);
  await using collector = await Collector.start(kindNames.map(listenerOf));
  for (const [index, kind] of kindNames.entries()) {
    await using client = new Client(collector.port(index));
    const payloads = Array.from({ length: 300 }, (_, size) =>
      randomBytesOf(seed, `${kind} ${size}`, size * 3),
    );
    // In steps that the smallest receive buffer holds: here nothing may be lost.
    for (let at = 0; at < payloads.length; at += 20) {
      await client.send(...payloads.slice(at, at + 20));
      await collector.settled(Math.min(at + 20, payloads.length), index);
    }
    const listener = await collector.settled(300, index);
    assert.deepEqual([listener.ledger.published, listener.kernelDropped ?? 0], [300, 0], kind);
  }
});

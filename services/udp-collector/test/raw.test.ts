import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { Client, Collector, kindNames, ledgerDifference } from "./support.ts";

test("udpCollector makes an event of a datagram, with its source and identity", async () => {
  await using collector = await Collector.start([{ name: "r", kind: "raw" }]);
  await using client = new Client(collector.port());
  const beforeMs = Date.now();
  await client.send("hello");
  await collector.bus.until(() => collector.bus.events.length === 1);
  const afterMs = Date.now();
  const [event] = collector.bus.events;
  assert.equal(event?.type, "dev.fairlead.udp.records");
  assert.equal(event?.source, "/udp-collector/i1/r");
  assert.equal(event?.datacontenttype, "application/vnd.fairlead.records");
  assert.deepEqual(event?.extensions, { recordcount: 1, firstseq: 1 });
  const [record] = collector.bus.records;
  assert.equal(record?.id, "r/i1:1");
  assert.equal(record?.payload.toString(), "hello");
  assert.deepEqual(record?.from, { host: "127.0.0.1", port: client.socket.address().port });
  const timeMs = Date.parse(record?.time ?? "");
  // The wall clock may be off the monotonic one by what is tolerated before it is followed.
  assert.ok(timeMs > beforeMs - 1_000 && timeMs < afterMs + 1_000, record?.time);
});

test("udpCollector keeps every size of datagram, from none to 65,507 bytes", async () => {
  await using collector = await Collector.start([{ name: "r", kind: "raw" }]);
  await using client = new Client(collector.port());
  const largest = Buffer.alloc(65_507, 0xa5);
  await client.send("", largest, "x", "");
  const listener = await collector.settled(4);
  assert.equal(listener.ledger.published, 4);
  assert.deepEqual(
    collector.bus.records.map(({ payload, seq }) => [seq, payload.length]),
    [
      [1, 0],
      [2, 65_507],
      [3, 1],
      [4, 0],
    ],
  );
  assert.deepEqual(collector.bus.records[1]?.payload, largest);
});

test("udpCollector numbers the records of a listener without a gap over many events", async () => {
  const batch = { maxRecords: 7, maxBytes: "1KiB" };
  await using collector = await Collector.start([{ name: "r", kind: "raw", batch }]);
  await using client = new Client(collector.port());
  const sizes = Array.from({ length: 200 }, (_, index) => (index * 37) % 1_500);
  await client.send(...sizes.map((size) => Buffer.alloc(size, size % 251)));
  await collector.settled(200);
  const { records, events } = collector.bus;
  assert.deepEqual(
    records.map(({ seq, payload }) => [seq, payload.length]),
    sizes.map((size, index) => [index + 1, size]),
  );
  for (const event of events) {
    const count = Number(event.extensions["recordcount"]);
    assert.ok(count <= 7);
    assert.ok(count === 1 || event.data.length <= 1_024, `${count} records, ${event.data.length} bytes`);
  }
});

const containers = [
  ["ndjson", "application/x-ndjson"],
  ["records", "application/vnd.fairlead.records"],
  ["single", "application/octet-stream"],
] as const;

test("udpCollector packs the same records into each container", async (t) => {
  const payloads = [Buffer.from("text ü"), Buffer.from([0xff, 0x00]), Buffer.alloc(0), Buffer.from("a\nb")];
  for (const [container, mediaType] of containers) {
    await t.test(container, async () => {
      await using collector = await Collector.start([{ name: "r", kind: "raw", container }]);
      await using client = new Client(collector.port());
      await client.send(...payloads);
      const listener = await collector.settled(payloads.length);
      assert.equal(listener.ledger.published, payloads.length);
      assert.deepEqual(
        collector.bus.records.map(({ payload }) => payload),
        payloads,
      );
      assert.deepEqual(
        collector.bus.records.map(({ seq }) => seq),
        [1, 2, 3, 4],
      );
      for (const event of collector.bus.events) assert.equal(event.datacontenttype, mediaType);
      if (container !== "single") return;
      assert.equal(collector.bus.events.length, payloads.length);
      assert.equal(collector.bus.events[0]?.extensions["from"], `127.0.0.1:${client.socket.address().port}`);
    });
  }
});

test("udpCollector listens on IPv6", async () => {
  await using collector = await Collector.start([{ name: "r", kind: "raw", host: "::1" }]);
  await using client = new Client(collector.port(), "::1");
  await client.send("six");
  await collector.settled(1);
  assert.deepEqual(collector.bus.records[0]?.from, { host: "::1", port: client.socket.address().port });
});

test("udpCollector gives IPv4 senders of a dual-stack listener as IPv4", async () => {
  await using collector = await Collector.start([
    { name: "r", kind: "raw", host: "::", allow: ["127.0.0.0/8"] },
  ]);
  await using client = new Client(collector.port());
  await client.send("four");
  await collector.settled(1);
  assert.equal(collector.bus.records[0]?.from?.host, "127.0.0.1");
});

test("udpCollector counts the datagrams of sources that are not allowed", async () => {
  await using collector = await Collector.start([
    { name: "denied", kind: "raw", deny: ["127.0.0.1"] },
    { name: "foreign", kind: "syslog", allow: ["192.0.2.0/24"] },
    { name: "both", kind: "statsd", allow: ["127.0.0.0/8"], deny: ["127.0.0.1"] },
  ]);
  for (const index of [0, 1, 2]) {
    await using client = new Client(collector.port(index));
    await client.send("a", "b");
    const listener = await collector.settled(2, index);
    assert.equal(listener.ledger.rejected["denied"], 2, listener.name);
    assert.equal(listener.ledger.published, 0, listener.name);
    assert.equal(ledgerDifference(listener), 0);
  }
  assert.equal(collector.bus.events.length, 0);
});

test("udpCollector replies when the datagram is durable, and not before", async (t) => {
  for (const [reply, expected] of [
    [{ kind: "echo" }, "ping"],
    [{ kind: "text", text: "OK\n" }, "OK\n"],
  ] as const) {
    await t.test(reply.kind, async () => {
      await using collector = await Collector.start([{ name: "r", kind: "raw", reply }]);
      await using client = new Client(collector.port());
      collector.bus.hold();
      const answer = client.reply().then((payload) => ({ payload, durable: collector.bus.events.length }));
      await client.send("ping");
      await collector.bus.until(() => collector.bus.attempts.length === 1);
      // A round trip over loopback that begins now: a reply that was sent too early would come first.
      const self = createSocket("udp4");
      await new Promise<void>((resolve) => self.bind(0, "127.0.0.1", resolve));
      const around = new Promise<void>((resolve) => self.once("message", () => resolve()));
      self.send("x", self.address().port, "127.0.0.1");
      await around;
      await new Promise<void>((resolve) => self.close(() => resolve()));
      collector.bus.release();
      assert.deepEqual(await answer, { payload: Buffer.from(expected), durable: 1 });
    });
  }
});

/** Sends a datagram from a port, and gives the port back. */
async function sendFrom(port: number, to: number, payload: string): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
  await new Promise((resolve) => socket.send(payload, to, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

for (const [first, second] of [
  [{ kind: "echo" }, { kind: "echo" }],
  [
    { kind: "text", text: "A" },
    { kind: "text", text: "B" },
  ],
] as const) {
  test(`udpCollector starts no talk between two of its listeners by a forged datagram: ${first.kind}`, async () => {
    const free = await Collector.start([{ name: "r", kind: "raw" }]);
    const port = free.port();
    await free[Symbol.asyncDispose]();
    await using one = await Collector.start([{ name: "one", kind: "raw", reply: first }]);
    one.bus.hold();
    await sendFrom(port, one.port(), "forged");
    await one.bus.until(() => one.bus.attempts.length === 1);
    await using two = await Collector.start([{ name: "two", kind: "raw", port, reply: second }]);
    one.bus.release();
    await one.settled(1);
    // What comes now stands behind any reply.
    await using client = new Client(two.port());
    const answer = client.reply();
    await client.send("honest");
    await answer;
    assert.deepEqual(
      two.bus.records.map(({ payload }) => payload.toString()),
      ["honest"],
    );
    assert.equal(await unanswered(one, "own-socket"), 1);
  });
}

const unanswered = async ({ meter }: Collector, reason: string) => {
  await meter.scrape();
  return meter.value("fairlead_udp_collector_unanswered_datagrams_total", { listener: "one", reason });
};

test("udpCollector answers no reply like its own, and one address so often a second at most", async () => {
  const reply = { kind: "text", text: "OK", perSecond: 0.001 } as const;
  await using one = await Collector.start([{ name: "one", kind: "raw", reply }]);
  await using client = new Client(one.port());
  const answer = client.reply();
  await client.send("OK", "a", "b", "c");
  assert.equal(String(await answer), "OK");
  await one.settled(4);
  assert.equal(await unanswered(one, "reply"), 1);
  assert.equal(await unanswered(one, "rate"), 2);
});

test("udpCollector refuses to start when one of its ports is taken, and leaves none open", async () => {
  await using first = await Collector.start([{ name: "r", kind: "raw" }]);
  const free = await Collector.start([{ name: "r", kind: "raw" }]);
  const port = free.port();
  await free[Symbol.asyncDispose]();
  await assert.rejects(
    Collector.start([
      { name: "a", kind: "raw", port },
      { name: "b", kind: "raw", port: first.port() },
    ]),
    { code: "ADDRESS_IN_USE" },
  );
  await using again = await Collector.start([{ name: "a", kind: "raw", port }]);
  assert.equal(again.port(), port);
});

test("GET /v1/udp/listeners and the configuration use the same words for a listener", async () => {
  for (const kind of kindNames) {
    await using collector = await Collector.start([{ name: "r", kind }]);
    assert.equal(collector.listener().kind, kind);
  }
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { rejectReasons } from "../src/ledger.ts";
import { Client, Collector, CollectorBus, ledgerDifference } from "./support.ts";

async function flood(port: number, count: number, ratePerSecond: number): Promise<number> {
  const script = fileURLToPath(new URL("./flood.ts", import.meta.url));
  const child = spawn(process.execPath, [script, String(port), String(count), String(ratePerSecond)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  return (JSON.parse(output) as { sent: number }).sent;
}

function stallMs(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const droppedBy = (collector: Collector) => collector.listener().kernelDropped ?? 0;

test("udpCollector accounts for every datagram of a flood while the loop is stalled", {
  skip: process.platform === "linux" ? false : "only Linux says what the kernel dropped",
}, async () => {
  // A buffer that the stalls overflow, so that the kernel's own counter is part of the sum.
  await using collector = await Collector.start([{ name: "r", kind: "raw", receiveBufferBytes: "64KiB" }]);
  let isOver = false;
  const flooding = flood(collector.port(), 300_000, 100_000).finally(() => {
    isOver = true;
  });
  while (collector.listener().ledger.received === 0) await new Promise((resolve) => setImmediate(resolve));
  // The flood has begun, and far more is to come than the buffer holds.
  while (droppedBy(collector) === 0);
  for (let turn = 0; !isOver; turn++) {
    assert.equal(ledgerDifference(collector.listener()), 0);
    if (turn % 20 === 10) stallMs(150);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const sent = await flooding;
  const { ledger, kernelDropped } = await collector.settled(sent);
  assert.equal(sent, 300_000);
  assert.equal(ledger.received + (kernelDropped ?? 0), sent);
  assert.ok((kernelDropped ?? 0) > 0, "the stalls made the kernel drop");

  // What is called published is in the events, once each, and numbered without a gap.
  const { records } = collector.bus;
  assert.equal(records.length, ledger.published);
  assert.deepEqual(
    records.findIndex(({ seq }, index) => seq !== index + 1),
    -1,
  );
  assert.equal(new Set(records.map(({ payload }) => payload.readUInt32BE())).size, ledger.published);
  assert.equal(ledger.published + (ledger.rejected["overflow"] ?? 0), ledger.received);
});

test("udpCollector shows the ledger as metrics that close at every scrape", async () => {
  const bus = new CollectorBus();
  await using collector = await Collector.start(
    [{ name: "r", kind: "raw", maxPendingDatagrams: 3, batch: { maxRecords: 1 } }],
    { bus },
  );
  const metric = (name: string, labels = {}) =>
    collector.meter.value(`fairlead_udp_collector_${name}`, { listener: "r", ...labels });
  const check = async () => {
    await collector.meter.scrape();
    const rejected = rejectReasons
      .map((reason) => metric("rejected_datagrams_total", { reason }))
      .reduce((a, b) => a + b);
    const received = metric("received_datagrams_total");
    assert.equal(received, metric("published_datagrams_total") + rejected + metric("pending_datagrams"));
    return { received, rejected, pending: metric("pending_datagrams") };
  };
  await using client = new Client(collector.port());
  bus.hold();
  await client.send("first");
  await bus.until(() => bus.attempts.length === 1);
  await client.send("a", "b", "c", "d", "e");
  while ((await check()).received < 6) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await check(), { received: 6, rejected: 2, pending: 4 });
  bus.release();
  await collector.settled(6);
  assert.deepEqual(await check(), { received: 6, rejected: 2, pending: 0 });
  assert.equal(metric("received_bytes_total"), 10);
});

test("udpCollector publishes on drain what the kernel and the pile still hold, and takes nothing new", async () => {
  const lines: [string, object][] = [];
  const logger = {
    debug() {},
    info: (fields: object, message: string) => void lines.push([message, fields]),
    warn() {},
    error() {},
    child: () => logger,
  };
  await using collector = await Collector.start([{ name: "r", kind: "raw" }], { logger });
  await using client = new Client(collector.port());
  await client.send(...Array.from({ length: 100 }, (_, index) => String(index)));
  await collector.drain();
  const { ledger, kernelDropped } = collector.listener();
  assert.deepEqual([ledger.received, ledger.published, ledger.pending, kernelDropped ?? 0], [100, 100, 0, 0]);
  assert.equal(collector.bus.records.length, 100);
  const closing = lines.filter(([message]) => message.startsWith("closed"));
  assert.equal(closing.length, 1);
  const { published, received } = closing[0]![1] as { published: number; received: number };
  assert.deepEqual([received, published], [100, 100]);
  // A second drain and the disposal find nothing to do.
  await collector.drain();
});

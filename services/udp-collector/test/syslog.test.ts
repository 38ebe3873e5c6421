import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { type SyslogRecord, syslogRecordSchema } from "@fairlead/contracts";
import { Client, Collector } from "./support.ts";

const run = promisify(execFile);
const hasLogger = await run("logger", ["--version"]).then(
  () => true,
  () => false,
);

/** What the events carry, checked against the published schema. */
function recordsOf(collector: Collector): SyslogRecord[] {
  return collector.bus.lines.map((line) => syslogRecordSchema.parse(line));
}

test("udpCollector publishes syslog as NDJSON, understood or raw", async () => {
  await using collector = await Collector.start([{ name: "s", kind: "syslog" }]);
  await using client = new Client(collector.port());
  await client.send(
    '<34>1 2026-10-11T22:14:15.003Z host su 77 ID47 [a b="c"] hello',
    "<13>Oct 11 22:14:15 host app[1]: old\n",
    "no syslog at all",
    Buffer.from([0xff]),
    "",
  );
  const listener = await collector.settled(5);
  assert.equal(listener.ledger.published, 5);
  const records = recordsOf(collector);
  assert.deepEqual(
    records.map(({ seq, parsed }) => [seq, parsed]),
    [
      [1, true],
      [2, true],
      [3, false],
      [4, false],
      [5, false],
    ],
  );
  const [first, second, third, fourth, fifth] = records;
  assert.equal(first?.parsed && first.message, "hello");
  assert.equal(second?.parsed && second.appName, "app");
  assert.deepEqual(third?.parsed === false && [third.reason, third.text], ["priority", "no syslog at all"]);
  assert.deepEqual(fourth?.parsed === false && [fourth.reason, fourth.base64], ["priority", "/w=="]);
  assert.deepEqual(fifth?.parsed === false && [fifth.reason, fifth.text], ["empty", ""]);
  assert.equal(first?.from, `127.0.0.1:${client.socket.address().port}`);
  const [event] = collector.bus.events;
  assert.equal(event?.type, "dev.fairlead.udp.syslog");
  assert.equal(event?.subject, "s/i1");
  assert.equal(event?.datacontenttype, "application/x-ndjson");
  const unparsed = collector.meter.value("fairlead_udp_collector_syslog_unparsed_datagrams_total", {
    listener: "s",
    reason: "priority",
  });
  assert.equal(unparsed, 2);
});

test("udpCollector cuts syslog events at their limits", async () => {
  const batch = { maxBytes: "1KiB", maxRecords: 3 };
  await using collector = await Collector.start([{ name: "s", kind: "syslog", batch }]);
  await using client = new Client(collector.port());
  await client.send(...Array.from({ length: 50 }, (_, index) => `<13>app: ${"x".repeat(index * 30)}`));
  await collector.settled(50);
  assert.deepEqual(
    recordsOf(collector).map(({ seq }) => seq),
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
  for (const { data, extensions } of collector.bus.events) {
    const count = Number(extensions["recordcount"]);
    assert.ok(count <= 3 && (count === 1 || data.length <= 1_024));
  }
});

test("udpCollector counts an unreadable syslog datagram once, however often its event is halved", async () => {
  await using collector = await Collector.start([{ name: "s", kind: "syslog" }]);
  const { bus, meter } = collector;
  bus.refuse = ({ extensions }) => (Number(extensions["recordcount"]) > 2 ? "EVENT_TOO_LARGE" : undefined);
  await using client = new Client(collector.port());
  bus.hold();
  await client.send("unreadable 0");
  await bus.until(() => bus.attempts.length === 1);
  const rest = Array.from({ length: 8 }, (_, index) => `unreadable ${index + 1}`);
  await client.send(...rest);
  while (collector.listener().ledger.received < 9) await new Promise((resolve) => setImmediate(resolve));
  bus.release();
  assert.equal((await collector.settled(9)).ledger.published, 9);
  assert.deepEqual(
    recordsOf(collector).map((record) => [record.seq, record.parsed === false && record.text]),
    ["unreadable 0", ...rest].map((text, index) => [index + 1, text]),
  );
  const name = "fairlead_udp_collector_syslog_unparsed_datagrams_total";
  assert.equal(meter.value(name, { listener: "s", reason: "priority" }), 9);
});

const formats = [
  ["the default format", [], undefined],
  ["RFC 5424", ["--rfc5424"], "rfc5424"],
  ["RFC 5424 without time and host", ["--rfc5424=notime,nohost,notq"], "rfc5424"],
  ["RFC 3164", ["--rfc3164"], "rfc3164"],
] as const;

test("udpCollector understands what logger sends", { skip: hasLogger ? false : "no logger" }, async (t) => {
  for (const [name, options, format] of formats) {
    await t.test(name, async () => {
      await using collector = await Collector.start([{ name: "s", kind: "syslog" }]);
      const target = ["-n", "127.0.0.1", "-P", String(collector.port()), "-d"];
      await run("logger", [
        ...target,
        ...options,
        "-p",
        "mail.err",
        "-t",
        "tag/x",
        "--id=42",
        "from logger ü",
      ]);
      await collector.settled(1);
      const [record] = recordsOf(collector);
      assert.ok(record?.parsed, JSON.stringify(record));
      if (format !== undefined) assert.equal(record.format, format);
      assert.deepEqual(
        [record.facilityName, record.severityName, record.appName, record.procId, record.message],
        ["mail", "err", "tag/x", "42", "from logger ü"],
      );
      if (name.includes("without")) assert.deepEqual([record.timestamp, record.hostname], [null, null]);
      else {
        assert.ok(record.hostname);
        assert.ok(record.timestamp);
      }
    });
  }
});

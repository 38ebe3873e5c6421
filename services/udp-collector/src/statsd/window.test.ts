import assert from "node:assert/strict";
import { test } from "node:test";
import { type StatsdRecord, statsdRecordSchema } from "@fairlead/contracts";
import fc from "fast-check";
import { RecentGauges, StatsdWindow, type WindowOptions } from "./window.ts";

const roomy: Omit<WindowOptions, "signedGauge"> = {
  maxSeries: 1_000,
  maxStateBytes: 1 << 20,
  maxRawBytes: 1 << 16,
};
const arrival = () => ({ from: "127.0.0.1:1", receivedAt: "2026-01-01T00:00:00.000000Z" });
const options = { signedGauge: "delta" } as const;

function createWindow(limits: Partial<typeof roomy> = {}, gauges = new RecentGauges(100)) {
  return new StatsdWindow({ ...roomy, ...limits, ...options }, gauges);
}

/** Records as they are published, checked against the schema. */
function recordsOf(window: StatsdWindow): StatsdRecord[] {
  const bounds = { windowStart: "2026-01-01T00:00:00.000Z", windowEnd: "2026-01-01T00:00:10.000Z" };
  return [...window.records()].map((record, index) =>
    statsdRecordSchema.parse(JSON.parse(JSON.stringify({ seq: index + 1, ...bounds, ...record }))),
  );
}

function find<K extends StatsdRecord["kind"]>(records: StatsdRecord[], kind: K) {
  return records.filter((record): record is Extract<StatsdRecord, { kind: K }> => record.kind === kind);
}

test("StatsdWindow aggregates every kind over many lines and datagrams", () => {
  const window = createWindow();
  for (const text of [
    "hits:1|c\nhits:2|c|@0.1\r\nhits:1:1|c|#a\n",
    "temp:20|g\ntemp:+5|g\ntemp:-1|g",
    "t:10|ms\nt:20:30|ms|@0.5",
    "u:x|s\nu:y|s\nu:x|s",
    "h:1|h\nd:2|d",
    "",
    "_e{1,1}:a|b\n_sc|up|0",
  ]) {
    window.add(Buffer.from(text), arrival);
  }
  const records = recordsOf(window);
  const counters = find(records, "counter");
  assert.deepEqual(
    counters.map(({ name, tags, value, samples }) => ({ name, tags, value, samples })),
    [
      { name: "hits", tags: [], value: 21, samples: 2 },
      { name: "hits", tags: ["a"], value: 2, samples: 2 },
    ],
  );
  assert.equal(find(records, "gauge")[0]?.value, 24);
  const [timer] = find(records, "timer");
  assert.deepEqual(
    {
      count: timer?.count,
      samples: timer?.samples,
      sum: timer?.sum,
      min: timer?.min,
      max: timer?.max,
      mean: timer?.mean,
    },
    { count: 5, samples: 3, sum: 110, min: 10, max: 30, mean: 22 },
  );
  assert.deepEqual(
    find(records, "set").map(({ unique, samples, isLowerBound }) => ({ unique, samples, isLowerBound })),
    [{ unique: 2, samples: 3, isLowerBound: false }],
  );
  assert.equal(find(records, "event")[0]?.title, "a");
  assert.equal(find(records, "service-check")[0]?.name, "up");
  const summary = records.at(-1);
  assert.deepEqual(
    summary?.kind === "summary" && [
      summary.datagrams,
      summary.lines,
      summary.series,
      summary.badLines,
      summary.rawNotKept,
    ],
    [7, 15, 7, {}, 0],
  );
});

test("StatsdWindow moves a gauge from where the last window left it, unless the value has its own time", () => {
  const gauges = new RecentGauges(2);
  const first = createWindow({}, gauges);
  first.add(Buffer.from("g:10|g\ng:99|g|T1700000000"), arrival);
  const second = createWindow({}, gauges);
  second.add(Buffer.from("g:+1|g"), arrival);
  assert.equal(find(recordsOf(second), "gauge")[0]?.value, 11);
  // Two others are set since: the memory of two has forgotten the first.
  second.add(Buffer.from("a:1|g\nb:1|g"), arrival);
  const third = createWindow({}, gauges);
  third.add(Buffer.from("g:+1|g"), arrival);
  assert.equal(find(recordsOf(third), "gauge")[0]?.value, 1);
});

test("StatsdWindow keeps what it cannot take, with the reason and the sender", () => {
  const window = createWindow({ maxSeries: 1 });
  const stray = Buffer.from([0x61, 0xff, 0x0a, 0x62]);
  window.add(Buffer.from("a:1|c\nb:1|c\nbad\na:1|c"), arrival);
  window.add(stray, arrival);
  const raw = find(recordsOf(window), "raw");
  assert.deepEqual(
    raw.map(({ reason, text, base64, from }) => [reason, text ?? Buffer.from(base64!, "base64"), from]),
    [
      ["series-limit", "b:1|c", "127.0.0.1:1"],
      ["value", "bad", "127.0.0.1:1"],
      ["encoding", Buffer.from([0x61, 0xff]), "127.0.0.1:1"],
      ["value", "b", "127.0.0.1:1"],
    ],
  );
});

test("StatsdWindow counts what it has no room to keep", () => {
  const window = createWindow({ maxRawBytes: 500 });
  for (let i = 0; i < 10; i++) window.add(Buffer.from("bad"), arrival);
  const records = recordsOf(window);
  const kept = find(records, "raw").length;
  const [summary] = find(records, "summary");
  assert.ok(kept > 0 && kept < 10);
  assert.equal(summary?.rawNotKept, 10 - kept);
  assert.deepEqual(summary?.badLines, { value: 10 });
});

test("StatsdWindow refuses what would take more memory than it may have, and says so", () => {
  const window = createWindow({ maxStateBytes: 20_000 });
  for (let i = 0; i < 5_000; i++) window.add(Buffer.from(`t:${1.05 ** (i % 700)}|ms\nu:${i}|s`), arrival);
  const records = recordsOf(window);
  const [set] = find(records, "set");
  assert.equal(set?.samples, 5_000);
  assert.equal(set?.isLowerBound, true);
  assert.ok((set?.unique ?? 0) > 0 && (set?.unique ?? 0) < 5_000);
  const [summary] = find(records, "summary");
  const timers = find(records, "timer");
  const taken = timers.reduce((sum, record) => sum + record.samples, 0);
  assert.ok(taken > 0);
  assert.equal(taken + (summary?.badLines["memory-limit"] ?? 0), 5_000);
});

test("StatsdWindow counts scaled by the sample rate whatever the split into datagrams is", () => {
  const line = fc.record({
    name: fc.constantFrom("a", "b"),
    value: fc.integer({ min: -1_000, max: 1_000 }),
    rate: fc.constantFrom(1, 0.5, 0.25),
    tags: fc.constantFrom("", "|#x,y", "|#y,x"),
  });
  fc.assert(
    fc.property(fc.array(fc.array(line, { maxLength: 5 }), { maxLength: 10 }), (datagrams) => {
      const window = createWindow();
      const expected = new Map<string, number>();
      for (const lines of datagrams) {
        for (const { name, value, rate, tags } of lines) {
          const key = `${name}/${tags === "" ? "" : "x,y"}`;
          expected.set(key, (expected.get(key) ?? 0) + value / rate);
        }
        const text = lines
          .map(({ name, value, rate, tags }) => `${name}:${value}|c|@${rate}${tags}`)
          .join("\n");
        window.add(Buffer.from(text), arrival);
      }
      const got = find(recordsOf(window), "counter").map(
        ({ name, tags, value }) => [`${name}/${tags}`, value] as const,
      );
      assert.deepEqual(new Map(got), expected);
    }),
  );
});

test("StatsdWindow accounts for every line of any bytes and never raises", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc
      .string({ unit: fc.constantFrom(..."ab:|#@,_ecsT{}01.-+dhgms\n\r\u00fc") })
      .map((text) => Buffer.from(text)),
    fc.constantFrom("a:1|c", "b:2|ms", "_sc|x|0").map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (datagrams, maxSeries) => {
      const window = createWindow({ maxSeries });
      const sent = new Set<string>();
      for (const datagram of datagrams) {
        window.add(Buffer.from(datagram), arrival);
        const latin1 = Buffer.from(datagram).toString("latin1");
        for (const line of latin1.split("\n")) sent.add(line.replace(/\r$/, "")).add(line);
      }
      const records = recordsOf(window);
      const [summary] = find(records, "summary");
      const raw = find(records, "raw");
      const bad = Object.values(summary!.badLines).reduce((sum, count) => sum + count, 0);
      assert.equal(summary!.datagrams, datagrams.length);
      assert.equal(summary!.rawNotKept, 0);
      assert.equal(raw.length, bad);
      for (const { text, base64 } of raw) {
        const line = base64 === undefined ? Buffer.from(text!) : Buffer.from(base64, "base64");
        assert.ok(sent.has(line.toString("latin1")), `${line} was sent`);
      }
      assert.ok(summary!.series <= maxSeries);
    }),
    { numRuns: 1_000 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseLine, type Sample } from "./line.ts";

const delta = { signedGauge: "delta" } as const;

const sampleCases: readonly [line: string, expected: Partial<Sample>][] = [
  ["jobs:1|c", { kind: "counter", name: "jobs", values: [1], sampleRate: 1, tags: [] }],
  ["jobs:-3|c|@0.1", { values: [-3], sampleRate: 0.1 }],
  ["t:320|ms", { kind: "timer", values: [320] }],
  ["t:1.5e2|h", { kind: "histogram", values: [150] }],
  ["t:.5|d", { kind: "distribution", values: [0.5] }],
  ["t:1:2:3|ms", { values: [1, 2, 3] }],
  ["g:5|g", { kind: "gauge", values: [5], isDelta: [false] }],
  ["g:-5|g", { values: [-5], isDelta: [true] }],
  ["g:+5:7:-1|g", { values: [5, 7, -1], isDelta: [true, false, true] }],
  ["users:a:b|s", { kind: "set", member: "a:b", values: [] }],
  ["a:1|c|#b:2,a:1,b:2,,z", { tags: ["a:1", "b:2", "z"] }],
  ["a:1|c|@1|#x|c:ci-123|T1700000000", { tags: ["x"], container: "ci-123", timestamp: 1_700_000_000 }],
  ["a:1|c|e:it-false|card:low|new:thing", { values: [1], externalData: "it-false", cardinality: "low" }],
  [
    "k.t:581632|ms:593920|ms|@0.5:6304|ms",
    { kind: "timer", name: "k.t", values: [581_632, 593_920, 6304], rates: [1, 0.5, 1] },
  ],
  ["c:1|c|@0.1:2|c|@0.5", { values: [1, 2], rates: [0.1, 0.5] }],
  ["g:+1|g:5|g", { values: [1, 5], isDelta: [true, false] }],
  ["a.b/c d:1|c", { name: "a.b/c d" }],
  ["é:1|c|#ü:😀", { name: "é", tags: ["ü:😀"] }],
];

test("parseLine() reads the metrics of StatsD and DogStatsD", () => {
  for (const [line, expected] of sampleCases) {
    const got = parseLine(line, delta);
    assert.ok(got.line === "metric", `${line}: ${JSON.stringify(got)}`);
    for (const [field, value] of Object.entries(expected)) {
      assert.deepEqual(got.sample[field as keyof Sample], value, `${line}: ${field}`);
    }
  }
});

test("parseLine() sets a signed gauge when it is told to", () => {
  const got = parseLine("g:-5|g", { signedGauge: "absolute" });
  assert.deepEqual(got.line === "metric" && got.sample.isDelta, [false]);
});

const badCases: readonly [line: string, reason: string][] = [
  [":1|c", "name"],
  ["|c", "name"],
  ["name", "value"],
  ["name:|c", "value"],
  ["name:x|c", "value"],
  ["name:0x10|c", "value"],
  ["name:NaN|g", "value"],
  ["name:Infinity|g", "value"],
  ["name:1e999|g", "value"],
  ["name:1:|ms", "value"],
  ["name:1", "type"],
  ["name:1|", "type"],
  ["name:1|q", "type"],
  ["name:1|constructor", "type"],
  ["name:1|c|@0", "sample-rate"],
  ["name:1|c:2|ms", "type"],
  ["name:1|ms:x|ms", "value"],
  ["name:1|ms|@2:3|ms", "sample-rate"],
  ["name:1|c|@1.1", "sample-rate"],
  ["name:1|c|@1e-300", "sample-rate"],
  ["name:1|c|@", "sample-rate"],
  ["name:1|c|Tnow", "timestamp"],
  ["name:+1|g|T1700000000", "timestamp"],
  ["_e{1,1}:ab|c", "event"],
  ["_e{5,5}:a|b", "event"],
  ["_e{0,0}:|", "event"],
  ["_e{1,1}:a|b|d:x", "event"],
  ["_sc|name", "service-check"],
  ["_sc||0", "service-check"],
  ["_sc|name|4", "service-check"],
];

test("parseLine() names the part of a bad line that is wrong", () => {
  for (const [line, reason] of badCases)
    assert.deepEqual(parseLine(line, delta), { line: "bad", reason }, line);
});

test("parseLine() reads events, whose lengths count bytes", () => {
  assert.deepEqual(
    parseLine(
      "_e{6,12}:Größe|a|b\\nc ü😀|d:1700000000|h:host|p:low|t:error|k:key|s:src|c:id|#b,a|x:y",
      delta,
    ),
    { line: "bad", reason: "event" },
  );
  const title = "Größe";
  const text = "a|b\\nc ü😀";
  const lengths = `${Buffer.byteLength(title)},${Buffer.byteLength(text)}`;
  assert.deepEqual(
    parseLine(
      `_e{${lengths}}:${title}|${text}|d:1700000000|h:host|p:low|t:error|k:key|s:src|c:id|#b,a|x:y`,
      delta,
    ),
    {
      line: "event",
      event: {
        title,
        text: "a|b\nc ü😀",
        timestamp: 1_700_000_000,
        hostname: "host",
        priority: "low",
        alertType: "error",
        aggregationKey: "key",
        sourceType: "src",
        container: "id",
        tags: ["a", "b"],
      },
    },
  );
});

test("parseLine() reads service checks, whose message ends the line", () => {
  assert.deepEqual(parseLine("_sc|db.up|2|d:1700000000|h:host|#b,a|m:down | really", delta), {
    line: "service-check",
    check: {
      name: "db.up",
      status: 2,
      timestamp: 1_700_000_000,
      hostname: "host",
      tags: ["a", "b"],
      message: "down | really",
    },
  });
});

test("parseLine() reads the fields of a service check in any order", () => {
  const check = {
    name: "db.up",
    status: 2,
    tags: ["env:t"],
    message: "down | really",
    container: "ci-0123",
    externalData: "x",
    cardinality: "low",
  };
  for (const fields of [
    "#env:t|m:down | really|c:ci-0123|e:x|card:low",
    "c:ci-0123|e:x|card:low|#env:t|m:down | really",
    "m:down | really|card:low|#env:t|e:x|c:ci-0123",
  ]) {
    assert.deepEqual(parseLine(`_sc|db.up|2|${fields}`, delta), { line: "service-check", check }, fields);
  }
});

test("parseLine() keeps what a client says of itself in an event", () => {
  const got = parseLine("_e{1,1}:a|b|c:ci-0123|e:x|card:low", delta);
  const event = {
    title: "a",
    text: "b",
    tags: [],
    container: "ci-0123",
    externalData: "x",
    cardinality: "low",
  };
  assert.deepEqual(got, { line: "event", event });
});

const word = fc.string({ unit: fc.constantFrom(..."abcXYZ09_.-/ é😀"), minLength: 1, maxLength: 12 });
const types = { counter: "c", gauge: "g", timer: "ms", histogram: "h", distribution: "d" } as const;

test("parseLine() gives back what was encoded", () => {
  const arbitrary = fc.record({
    kind: fc.constantFrom(...(Object.keys(types) as (keyof typeof types)[])),
    name: word,
    values: fc.array(fc.double({ min: -1e100, max: 1e100, noNaN: true }), { minLength: 1, maxLength: 4 }),
    sampleRate: fc.double({ min: 1e-9, max: 1, noNaN: true }),
    tags: fc.uniqueArray(word, { maxLength: 4 }),
    container: word,
    timestamp: fc.integer({ min: 1, max: 4_000_000_000 }),
  });
  fc.assert(
    fc.property(arbitrary, (sent) => {
      const values = sent.values.map((value) => (Object.is(value, -0) ? 0 : value));
      const line = `${sent.name}:${values.join(":")}|${types[sent.kind]}|@${sent.sampleRate}|#${sent.tags.join(",")}|c:${sent.container}|T${sent.timestamp}`;
      const got = parseLine(line, { signedGauge: "absolute" });
      assert.ok(got.line === "metric", line);
      const { isDelta, member, ...sample } = got.sample;
      assert.deepEqual({ ...sample }, { ...sent, values, tags: [...sent.tags].sort() });
      assert.equal(isDelta.length, values.length);
      assert.equal(member, values.join(":"));
    }),
  );
});

test("parseLine() raises nothing whatever the text is", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."ab:|#@,_ecsT{}0123.-+dhgms\\n") }),
    fc.string().map((tail) => `_e{${tail}`),
    fc.string().map((tail) => `_sc|${tail}`),
  );
  fc.assert(
    fc.property(text, (line) => {
      const got = parseLine(line, delta);
      if (got.line !== "metric") return;
      for (const value of got.sample.values) assert.ok(Number.isFinite(value / got.sample.sampleRate));
    }),
    { numRuns: 2_000 },
  );
});

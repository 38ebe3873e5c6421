import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryTracer } from "../test/memory-tracer.ts";
import { formatTraceparent, noTracer, parseTraceparent } from "./trace.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

const accepted: [string, string, number][] = [
  ["sampled", `00-${traceId}-${spanId}-01`, 1],
  ["not sampled", `00-${traceId}-${spanId}-00`, 0],
  ["with flags of level 2", `00-${traceId}-${spanId}-03`, 3],
  ["of a later version", `01-${traceId}-${spanId}-01`, 1],
  ["of a later version that has more", `cc-${traceId}-${spanId}-01-what-may-come`, 1],
];
for (const [what, text, flags] of accepted) {
  test(`parseTraceparent() reads one ${what}`, () => {
    assert.deepEqual(parseTraceparent(text), { traceId, spanId, flags });
  });
}

const refused: [string, unknown][] = [
  ["nothing", undefined],
  ["a number", 1],
  ["empty text", ""],
  ["version ff", `ff-${traceId}-${spanId}-01`],
  ["version 00 with more", `00-${traceId}-${spanId}-01-x`],
  ["a later version with more but no dash", `01-${traceId}-${spanId}-01x`],
  ["a trace id of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
  ["a span id of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
  ["upper case", `00-${traceId.toUpperCase()}-${spanId}-01`],
  ["a short trace id", `00-${traceId.slice(1)}-${spanId}-01`],
  ["no flags", `00-${traceId}-${spanId}`],
  ["two at once", `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ["a line end", `00-${traceId}-${spanId}-01\n`],
];
for (const [what, value] of refused) {
  test(`parseTraceparent() refuses ${what}`, () => assert.equal(parseTraceparent(value), undefined));
}

const hex = (digits: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .filter((all) => all.some((digit) => digit > 0))
    .map((all) => all.map((digit) => digit.toString(16)).join(""));

test("formatTraceparent() writes what parseTraceparent() reads", () => {
  const parts = { traceId: hex(32), spanId: hex(16), flags: fc.integer({ min: 0, max: 255 }) };
  const context = fc.record(parts, { noNullPrototype: true });
  fc.assert(
    fc.property(context, (given) => {
      const text = formatTraceparent(given);
      assert.equal(text.length, 55);
      assert.deepEqual(parseTraceparent(text), given);
    }),
  );
});

test("parseTraceparent() takes any text without an error, and only what it can write again", () => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
  );
  fc.assert(
    fc.property(text, (given) => {
      const found = parseTraceparent(given);
      if (found) assert.equal(formatTraceparent(found).slice(2), given.slice(2, 55));
    }),
  );
});

test("noTracer makes the same span for everything and has no traceparent for it", () => {
  const span = noTracer.start("a", { kind: "internal" });
  assert.equal(noTracer.start("b", { kind: "server", parent: `00-${traceId}-${spanId}-01` }), span);
  assert.equal(span.traceparent, undefined);
  span.rename("c");
  span.annotate({ a: 1 });
  span.end(new Error("x"));
});

test("MemoryTracer keeps spans with what was said of them, a child in the trace of its parent", () => {
  const tracer = new MemoryTracer();
  const parent = tracer.start("a", { kind: "server", attributes: { a: 1 } });
  const child = tracer.start("b", { kind: "producer", parent: parent.traceparent });
  parent.rename("c");
  parent.annotate({ b: true });
  child.end("wrong");
  parent.end();
  const [first, second] = tracer.spans;
  assert.partialDeepStrictEqual(first, { name: "c", kind: "server", attributes: { a: 1, b: true }, ends: 1 });
  assert.partialDeepStrictEqual(second, { name: "b", parent: first?.traceparent, error: "wrong", ends: 1 });
  assert.equal(first?.error, undefined);
  const [one, two] = [parseTraceparent(parent.traceparent), parseTraceparent(child.traceparent)];
  assert.equal(one?.traceId, two?.traceId);
  assert.notEqual(one?.spanId, two?.spanId);
  const other = tracer.start("d", { kind: "internal" });
  assert.notEqual(parseTraceparent(other.traceparent)?.traceId, one?.traceId);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloudEvent } from "@fairlead/contracts";
import type { MessageProperties } from "amqplib";
import fc from "fast-check";
import { fromMessage, messageRefusal, toMessage } from "./message.ts";

const found = { routingKey: "tcp.records", place: "fairlead.log.v1:7", receivedAtMs: 0 };

/** What the broker hands out for what was published. */
function properties(options: object): MessageProperties {
  return options as MessageProperties;
}

const event = fc.record({
  id: fc.uuid(),
  source: fc.webPath(),
  type: fc.constantFrom("dev.fairlead.tcp.records", "com.example.foreign"),
  time: fc
    .date({ noInvalidDate: true, min: new Date("1971-01-01"), max: new Date("2100-01-01") })
    .map((date) => date.toISOString()),
  datacontenttype: fc.constantFrom("application/json", "application/vnd.fairlead.lines"),
  data: fc.uint8Array(),
  extensions: fc.dictionary(
    fc.stringMatching(/^x[a-z0-9]{1,10}$/),
    fc.oneof(fc.string(), fc.integer(), fc.boolean()),
  ),
});

test("fromMessage() reads back what toMessage() wrote", () => {
  fc.assert(
    fc.property(event, fc.option(fc.string({ minLength: 1 }), { nil: undefined }), (base, subject) => {
      const original: CloudEvent = subject === undefined ? base : { ...base, subject };
      const message = toMessage(original);
      const copy = fromMessage({ content: message.content, properties: properties(message.options) }, found);
      assert.deepEqual(Buffer.from(copy.data), Buffer.from(original.data));
      assert.deepEqual(
        { ...copy, data: 0, extensions: { ...copy.extensions } },
        {
          ...original,
          data: 0,
          extensions: { ...original.extensions },
        },
      );
    }),
  );
});

test("toMessage() is persistent, mandatory and routed by the type without its prefix", () => {
  const { routingKey, options } = toMessage({
    id: "1",
    source: "/s",
    type: "dev.fairlead.udp.syslog",
    time: "2026-01-01T00:00:00.000Z",
    datacontenttype: "text/plain",
    data: Buffer.from("x"),
    extensions: {},
  });
  assert.equal(routingKey, "udp.syslog");
  assert.equal(options.persistent, true);
  assert.equal(options.mandatory, true);
  assert.equal(options.timestamp, 1_767_225_600);
});

const foreign: [string, object, Partial<CloudEvent>][] = [
  ["ce_", { headers: { ce_id: "a", ce_source: "/b", ce_type: "c" } }, { id: "a", source: "/b", type: "c" }],
  ["cloudEvents:", { headers: { "cloudEvents:id": "a", "cloudEvents:type": "c" } }, { id: "a", type: "c" }],
  [
    "cloudEvents_",
    { headers: { cloudEvents_id: "a", cloudEvents_lane: 3 } },
    { id: "a", extensions: { lane: 3 } },
  ],
  ["no", { messageId: "m", contentType: "text/plain" }, { id: "m", datacontenttype: "text/plain" }],
  ["no headers and no", {}, { id: "fairlead.log.v1:7", type: "dev.fairlead.tcp.records" }],
];
for (const [prefix, given, expected] of foreign) {
  test(`fromMessage() reads a foreign message with ${prefix} prefix`, () => {
    const read = fromMessage({ content: Buffer.from("x"), properties: properties(given) }, found);
    for (const [name, value] of Object.entries(expected))
      assert.deepEqual(read[name as keyof CloudEvent], value);
  });
}

test("fromMessage() raises nothing, whatever a message's properties are", () => {
  const anything = fc.anything({ maxDepth: 1 });
  const given = fc.record(
    {
      headers: fc.dictionary(
        fc.string().map((name) => `ce-${name}`),
        anything,
      ),
      messageId: anything,
      type: anything,
      timestamp: anything,
      contentType: anything,
      appId: anything,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(given, (options) => {
      const read = fromMessage({ content: Buffer.from("x"), properties: properties(options) }, found);
      assert.equal(typeof read.id, "string");
      assert.equal(typeof read.time, "string");
    }),
  );
});

const small: CloudEvent = {
  id: "1",
  source: "/s",
  type: "t",
  time: "2026-01-01T00:00:00.000Z",
  datacontenttype: "text/plain",
  data: Buffer.alloc(0),
  extensions: {},
};
const refusals: readonly (readonly [string, Partial<CloudEvent>, RegExp | undefined])[] = [
  ["an id of 255 bytes", { id: "x".repeat(255) }, undefined],
  ["an id of 256 bytes", { id: "x".repeat(256) }, /its id has 256 bytes/],
  ["an id of 86 characters that are 258 bytes", { id: "漢".repeat(86) }, /its id has 258 bytes/],
  ["a type of 256 bytes", { type: "x".repeat(256) }, /its type/],
  ["a media type of 256 bytes", { datacontenttype: "x".repeat(256) }, /its datacontenttype/],
  ["attributes of 40,000 bytes", { source: "x".repeat(40_000) }, undefined],
  ["attributes of 50,000 bytes", { source: "x".repeat(50_000) }, /attributes have/],
  [
    "a subject of 17,000 characters that are 51,000 bytes",
    { subject: "漢".repeat(17_000) },
    /attributes have/,
  ],
  ["an extension that the binding cannot carry", { extensions: { a_b: 1 } }, /extension name "a_b"/],
  ["an extension of 60,000 bytes", { extensions: { lane: "x".repeat(60_000) } }, /attributes have/],
];
for (const [what, changes, expected] of refusals) {
  test(`messageRefusal() ${expected ? "refuses" : "takes"} ${what}`, () => {
    const refusal = messageRefusal({ ...small, ...changes });
    if (expected) assert.match(refusal ?? "", expected);
    else assert.equal(refusal, undefined);
  });
}

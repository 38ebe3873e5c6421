import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { anyEvent, eventOf, plain } from "../test/samples.ts";
import { fromAmqp, toAmqp } from "./amqp.ts";
import { ContractError } from "./errors.ts";
import { parseOffset, toServerSentEvent } from "./sse.ts";
import { fromStructuredJson, toStructuredJson } from "./structured.ts";

/** An event in the CloudEvents JSON format; extensions stand beside the attributes. */
const structuredEventSchema = z.looseObject({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().optional(),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.string(),
  data: z.unknown().optional().meta({ description: "JSON value, or text where the data is UTF-8" }),
  data_base64: z.base64().optional(),
});

const isEventInvalid = (error: unknown) => error instanceof ContractError && error.code === "EVENT_INVALID";

/** Whatever goes in, only EVENT_INVALID may come out. */
function readsOrRefuses(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.ok(isEventInvalid(error), String(error));
  }
}

describe("an event comes back from its wire form as it was", () => {
  test("structured JSON, as a value and as text", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const json = toStructuredJson(event);
        assert.deepEqual(plain(fromStructuredJson(json)), plain(event));
        assert.deepEqual(plain(fromStructuredJson(JSON.stringify(json))), plain(event));
        assert.ok(structuredEventSchema.safeParse(JSON.parse(JSON.stringify(json))).success);
      }),
    );
  });

  test("AMQP, binary mode", () => {
    fc.assert(
      fc.property(anyEvent, (event) => assert.deepEqual(plain(fromAmqp(toAmqp(event))), plain(event))),
    );
  });

  test("AMQP, structured mode", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const content = Buffer.from(JSON.stringify(toStructuredJson(event)));
        const properties = { contentType: "application/cloudevents+json; charset=utf-8" };
        assert.deepEqual(plain(fromAmqp({ content, properties })), plain(event));
      }),
    );
  });

  test("server-sent event, in one line of data", () => {
    fc.assert(
      fc.property(anyEvent, fc.nat(), (event, offset) => {
        const [id, data, ...rest] = toServerSentEvent(offset, event).split(/\r\n|\r|\n/);
        assert.deepEqual(rest, ["", ""]);
        assert.equal(parseOffset(id!.replace("id: ", "")), offset);
        assert.deepEqual(plain(fromStructuredJson(data!.replace("data: ", ""))), plain(event));
      }),
    );
  });
});

describe("toStructuredJson() keeps every byte", () => {
  for (const [title, mediaType, bytes, form] of [
    ["JSON as a value", "application/json", '{"a":[1]}', { data: { a: [1] } }],
    [
      "JSON of another spelling as base64",
      "application/json",
      '{ "a":1.0}',
      { data_base64: "eyAiYSI6MS4wfQ==" },
    ],
    [
      "a large integer as base64",
      "application/json",
      "12345678901234567890",
      { data_base64: "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=" },
    ],
    ["what only says that it is JSON as base64", "application/json", "{", { data_base64: "ew==" }],
    ["text as text", "application/vnd.fairlead.lines", "a\nb\n", { data: "a\nb\n" }],
    ["other bytes as base64", "text/plain", "\xff", { data_base64: "/w==" }],
  ] as const) {
    test(title, () => {
      const { data, data_base64 } = toStructuredJson(eventOf(mediaType, Buffer.from(bytes, "latin1")));
      assert.deepEqual(
        { ...(data !== undefined && { data }), ...(data_base64 !== undefined && { data_base64 }) },
        form,
      );
    });
  }
});

describe("fromStructuredJson()", () => {
  const valid = { specversion: "1.0", id: "1", source: "/s", type: "t", time: "2026-01-01T00:00:00Z" };

  test("takes the given time for an event that has none, and JSON for data without a media type", () => {
    const { time: _, ...timeless } = valid;
    const event = fromStructuredJson({ ...timeless, data: { a: 1 }, subject: null }, 0);
    assert.deepEqual(
      [event.time, event.datacontenttype, event.data.toString(), event.subject],
      ["1970-01-01T00:00:00.000Z", "application/json", '{"a":1}', undefined],
    );
  });

  for (const [title, json] of [
    ["no JSON", "{"],
    ["an array", "[]"],
    ["another version", { ...valid, specversion: "0.3" }],
    ["no id", { ...valid, id: "" }],
    ["a source that is no text", { ...valid, source: 5 }],
    ["a time that is none", { ...valid, time: "yesterday" }],
    ["a time that cannot be", { ...valid, time: "2026-13-01T00:00:00Z" }],
    ["data twice", { ...valid, data: 1, data_base64: "AA==" }],
    ["base64 that is none", { ...valid, data_base64: "%" }],
    ["an extension that is an object", { ...valid, ext: {} }],
    ["an extension with a name that is not allowed", { ...valid, "Ext-1": "x" }],
  ] as const) {
    test(`refuses ${title}`, () => {
      assert.throws(() => fromStructuredJson(json), isEventInvalid);
    });
  }

  test("raises nothing but EVENT_INVALID for any JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => readsOrRefuses(() => fromStructuredJson(json))));
  });
});

describe("fromAmqp()", () => {
  const content = Buffer.from("x");
  const attributes = { specversion: "1.0", id: "1", source: "/s", type: "t" };
  const headersWith = (prefix: string, fields: object = attributes) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [prefix + name, value]));

  for (const prefix of ["ce-", "ce_", "cloudEvents:", "cloudEvents_"]) {
    test(`reads headers with the prefix ${prefix}`, () => {
      const headers = headersWith(prefix, { ...attributes, subject: "c", firstseq: 5 });
      const event = fromAmqp({ content, properties: { headers, timestamp: 1, contentType: "text/plain" } });
      assert.deepEqual(event, {
        id: "1",
        source: "/s",
        type: "t",
        subject: "c",
        time: "1970-01-01T00:00:01.000Z",
        datacontenttype: "text/plain",
        data: content,
        extensions: { firstseq: 5 },
      });
    });
  }

  test("passes over headers of others and values that no attribute has", () => {
    const headers = {
      ...headersWith("ce-"),
      "x-death": [{}],
      "ce-list": [1],
      "ce-some_thing": "x",
      "ce-ok": true,
    };
    assert.deepEqual(fromAmqp({ content, properties: { headers } }).extensions, { ok: true });
  });

  test("takes ce- before the other prefixes", () => {
    const headers = { ...headersWith("ce-"), ce_id: "other", "cloudEvents:id": "other" };
    assert.equal(fromAmqp({ content, properties: { headers } }).id, "1");
  });

  for (const missing of ["specversion", "id", "source", "type"]) {
    test(`refuses a message without ${missing}`, () => {
      const headers = headersWith("ce-", { ...attributes, [missing]: undefined });
      assert.throws(() => fromAmqp({ content, properties: { headers } }), isEventInvalid);
    });
  }

  test("refuses a message without headers", () => {
    assert.throws(() => fromAmqp({ content, properties: {} }), isEventInvalid);
  });

  test("raises nothing but EVENT_INVALID for any headers", () => {
    const name = fc.oneof(
      fc.constantFrom("ce-id", "ce-time", "ce-specversion", "ce_source", "cloudEvents:type"),
      fc.string(),
    );
    const properties = fc.record({
      headers: fc.dictionary(name, fc.anything()),
      timestamp: fc.oneof(fc.maxSafeInteger(), fc.double()),
    });
    fc.assert(
      fc.property(properties, (given) => readsOrRefuses(() => fromAmqp({ content, properties: given }))),
    );
  });
});

test("parseOffset() takes whole numbers from 0 only", () => {
  const cases = ["0", "17", "", "-1", "1.5", "1e3", "99999999999999999", undefined];
  assert.deepEqual(cases.map(parseOffset), [0, 17, ...Array(6).fill(undefined)]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { parsedSyslogSchema, unparsedSyslogSchema } from "@fairlead/contracts";
import fc from "fast-check";
import { parseSyslog } from "./parse.ts";
import { TimeZone } from "./time-zone.ts";

const context = { receivedAtMs: Date.UTC(2026, 9, 11, 22, 14, 16), zone: new TimeZone("UTC") };
const arrival = { seq: 1, receivedAt: "2026-10-11T22:14:16.000000Z", from: "127.0.0.1:1" };
const parse = (text: string | Buffer) => parseSyslog(Buffer.from(text), context);
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test("parseSyslog() reads the examples of RFC 5424, 6.5", () => {
  assert.deepEqual(
    plain(parse("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed")),
    {
      parsed: true,
      facility: 4,
      facilityName: "auth",
      severity: 2,
      severityName: "crit",
      format: "rfc5424",
      version: 1,
      timestamp: "2003-10-11T22:14:15.003Z",
      hostname: "mymachine.example.com",
      appName: "su",
      procId: null,
      msgId: "ID47",
      structuredData: {},
      message: "'su root' failed",
    },
  );
  const withData = parse(
    '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - [exampleSDID@32473 iut="3" eventSource="Application"][examplePriority@32473 class="high"]',
  );
  assert.deepEqual(plain(withData).structuredData, {
    "exampleSDID@32473": { iut: "3", eventSource: "Application" },
    "examplePriority@32473": { class: "high" },
  });
  assert.equal(withData.parsed && withData.message, "");
  assert.equal(withData.parsed && withData.timestamp, "2003-08-24T05:14:15.000003-07:00");
});

test("parseSyslog() takes NILVALUE in every field", () => {
  const got = plain(parse("<0>1 - - - - - -"));
  for (const field of ["timestamp", "hostname", "appName", "procId", "msgId"])
    assert.equal(got[field], null, field);
  assert.deepEqual(got.structuredData, {});
  assert.equal(got.message, "");
});

const nearly: readonly [name: string, text: string, expected: object][] = [
  [
    "two spaces between fields",
    "<13>1  2026-10-11T22:14:15Z  h a  p m  - text",
    { hostname: "h", appName: "a", procId: "p", msgId: "m", message: "text", assumed: ["spaces"] },
  ],
  [
    "no structured data",
    "<13>1 2026-10-11T22:14:15Z h a p m text of it",
    { hostname: "h", msgId: "m", structuredData: {}, message: "text of it", assumed: ["structured-data"] },
  ],
  [
    "an offset without its colon",
    "<13>1 2026-10-11T22:14:15.5+0200 h a p m - text",
    { timestamp: "2026-10-11T22:14:15.5+02:00", hostname: "h", message: "text", assumed: ["offset"] },
  ],
  [
    "no offset",
    "<13>1 2026-10-11T22:14:15 h a p m - text",
    { timestamp: "2026-10-11T22:14:15Z", hostname: "h", message: "text", assumed: ["zone"] },
  ],
  [
    "all of it together",
    '<13>1 2026-10-11T22:14:15+0200  h a p m  [x y="z"] text',
    { hostname: "h", structuredData: { x: { y: "z" } }, message: "text", assumed: ["offset", "spaces"] },
  ],
];

test("parseSyslog() reads RFC 5424 with the faults of the field, and says which", async (t) => {
  for (const [name, text, expected] of nearly) {
    await t.test(name, () => {
      const got = plain(parse(text));
      assert.equal(got.format, "rfc5424");
      for (const [field, value] of Object.entries(expected)) assert.deepEqual(got[field], value, field);
    });
  }
});

const dataCases: readonly [name: string, text: string, data: object | undefined][] = [
  ["escapes", String.raw`[a b="\"\\\]"]`, { a: { b: '"\\]' } }],
  ["a backslash that escapes nothing", String.raw`[a b="c\d\"]`, undefined],
  ["a backslash before a letter", String.raw`[a b="c\d"]`, { a: { b: String.raw`c\d` } }],
  ["an unescaped bracket in a value", '[a b="]"]', { a: { b: "]" } }],
  ["a repeated parameter", '[a ip="1" ip="2" ip="3"]', { a: { ip: ["1", "2", "3"] } }],
  ["an element without parameters", "[a][b]", { a: {}, b: {} }],
  ["a space before the bracket", '[a b="c" ]', { a: { b: "c" } }],
  ["a name of the prototype", '[__proto__ constructor="x"]', JSON.parse('{"__proto__":{"constructor":"x"}}')],
  ["UTF-8 in a value", '[a b="ü😀"]', { a: { b: "ü😀" } }],
  ["no closing bracket", '[a b="c"', undefined],
  ["no closing quote", '[a b="c]', undefined],
  ["no quotes", "[a b=c]", undefined],
  ["an empty element", "[]", undefined],
];

test("parseSyslog() reads structured data with its escapes", async (t) => {
  for (const [name, text, data] of dataCases) {
    await t.test(name, () => {
      const got = parse(`<13>1 - h a p m ${text} rest`);
      if (data === undefined) {
        assert.equal(got.parsed, false);
        assert.equal(!got.parsed && got.reason, "structured-data");
      } else {
        assert.equal(got.parsed && got.message, "rest");
        assert.deepEqual(plain(got).structuredData, data);
      }
    });
  }
});

const unparsedCases: readonly [text: string | Buffer, reason: string][] = [
  ["", "empty"],
  ["\n\0", "empty"],
  ["hello", "priority"],
  ["<192>1 - - - - - -", "priority"],
  ["<>x", "priority"],
  ["<1", "priority"],
  ["<13>2 2026-01-01T00:00:00Z h a p m -", "version"],
  ["<13>1 2026-02-30T00:00:00Z h a p m -", "timestamp"],
  ["<13>1 2026-01-01T23:59:60Z h a p m -", "timestamp"],
  ["<13>1 2026-01-01T00:00:00.1234567890Z h a p m -", "timestamp"],
  ["<13>1 2026-01-01T00:00:00+24:00 h a p m -", "timestamp"],
  ["<13>1 - ", "hostname"],
  ["<13>1 - hö a p m -", "hostname"],
  ["<13>1 - h ", "app-name"],
  ["<13>1 - h a ", "proc-id"],
  ["<13>1 - h a p ", "msg-id"],
  ["<13>1 - h a p m ", "structured-data"],
  ["<13>1 - h a p m -x", "structured-data"],
  [Buffer.from([0xff, 0xfe]), "priority"],
  [Buffer.concat([Buffer.from('<13>1 - h a p m [a b="'), Buffer.of(0xff), Buffer.from('"] x')]), "encoding"],
];

test("parseSyslog() gives back whole what it does not understand, with the reason", () => {
  for (const [datagram, reason] of unparsedCases) {
    const got = parse(datagram);
    assert.ok(!got.parsed, `${datagram} is not understood`);
    assert.equal(got.reason, reason, String(datagram));
    const bytes = "text" in got ? Buffer.from(got.text) : Buffer.from(got.base64, "base64");
    assert.deepEqual(bytes, Buffer.from(datagram));
    assert.doesNotThrow(() => unparsedSyslogSchema.strict().parse({ ...arrival, ...plain(got) }));
  }
});

test("parseSyslog() keeps the exact bytes of a message that is not UTF-8", () => {
  const message = Buffer.from([0x66, 0xfc, 0x72, 0xff]);
  const header = Buffer.from('<13>1 - h a p m [a b="ü"] ');
  const got = parse(Buffer.concat([header, Buffer.from("\ufeff"), message]));
  assert.ok(got.parsed);
  assert.equal(got.messageBase64, message.toString("base64"));
  assert.equal(got.message, "f\ufffdr\ufffd");
  assert.deepEqual(plain(got).structuredData, { a: { b: "ü" } });
});

// ---- properties

const token = fc.string({
  unit: fc.integer({ min: 33, max: 126 }).map((c) => String.fromCharCode(c)),
  minLength: 1,
  maxLength: 32,
});
const field = fc.option(
  token.filter((t) => t !== "-"),
  { nil: null },
);
const sdName = token.map((t) => t.replace(/[="\]]/g, "_"));
const structuredData = fc.dictionary(
  sdName,
  fc.dictionary(
    sdName,
    fc.oneof(fc.string({ unit: "grapheme" }), fc.array(fc.string(), { minLength: 2, maxLength: 3 })),
    {
      maxKeys: 3,
    },
  ),
  { maxKeys: 3 },
);
const digits = (n: number, width = 2) => String(n).padStart(width, "0");
const timestamp = fc
  .tuple(
    fc.date({ min: new Date("1970-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }),
    fc.option(fc.integer({ min: 0, max: 999_999_999 }), { nil: undefined }),
    fc.constantFrom("Z", "+00:00", "-11:30", "+14:00"),
  )
  .map(([date, nanos, offset]) => {
    const fraction = nanos === undefined ? "" : `.${digits(nanos, 9)}`;
    return `${date.toISOString().slice(0, 19)}${fraction}${offset}`;
  });

function encodeData(data: Record<string, Record<string, string | string[]>>): string {
  const quote = (value: string) => value.replace(/["\\\]]/g, "\\$&");
  const elements = Object.entries(data).map(([id, params]) => {
    const pairs = Object.entries(params).flatMap(([name, value]) =>
      [value].flat().map((one) => ` ${name}="${quote(one)}"`),
    );
    return `[${id}${pairs.join("")}]`;
  });
  return elements.join("") || "-";
}

test("parseSyslog() gives back what was encoded by RFC 5424", () => {
  const arbitrary = fc.record({
    priority: fc.integer({ min: 0, max: 191 }),
    timestamp: fc.option(timestamp, { nil: null }),
    hostname: field,
    appName: field,
    procId: field,
    msgId: field,
    structuredData,
    message: fc.string({ unit: "grapheme" }).filter((m) => !/[\r\n\0]$/.test(m) && !m.startsWith("\ufeff")),
    hasBom: fc.boolean(),
  });
  fc.assert(
    fc.property(arbitrary, ({ priority, message, hasBom, ...fields }) => {
      const words = [fields.timestamp, fields.hostname, fields.appName, fields.procId, fields.msgId];
      const header = `<${priority}>1 ${words.map((word) => word ?? "-").join(" ")} ${encodeData(fields.structuredData)}`;
      const got = plain(parse(`${header} ${hasBom ? "\ufeff" : ""}${message}`));
      assert.doesNotThrow(() => parsedSyslogSchema.strict().parse({ ...arrival, ...got }));
      const { facility, severity, structuredData: data, message: text } = got;
      assert.equal(facility * 8 + severity, priority);
      assert.deepEqual(data, plain(fields.structuredData));
      assert.equal(text, message);
      for (const name of ["timestamp", "hostname", "appName", "procId", "msgId"] as const) {
        assert.equal(got[name], fields[name], name);
      }
    }),
  );
});

test("parseSyslog() raises nothing and loses nothing whatever the bytes are", () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(
        fc.constantFrom(
          "<13>",
          "<13>1 ",
          "<13>1 - h a p m ",
          "<13>Oct 11 22:14:15 ",
          "<13>Oct 11 22:14:15 h ",
          "<189>3: *",
        ),
        fc.uint8Array({ maxLength: 100 }),
      )
      .map(([head, tail]) => Buffer.concat([Buffer.from(head), tail])),
    fc
      .string({ unit: fc.constantFrom(...'<>[]"\\=:-. 0129*TZOctAp/\n\0\u00fc') })
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      const datagram = Buffer.from(bytes);
      const got = parseSyslog(datagram, context);
      if (got.parsed) {
        assert.doesNotThrow(() => parsedSyslogSchema.strict().parse({ ...arrival, ...plain(got) }));
        const message = got.messageBase64
          ? Buffer.from(got.messageBase64, "base64")
          : Buffer.from(got.message);
        const trimmed = Buffer.from(datagram.toString("latin1").replace(/[\r\n\0]+$/, ""), "latin1");
        assert.deepEqual(trimmed.subarray(trimmed.length - message.length), message);
      } else {
        assert.doesNotThrow(() => unparsedSyslogSchema.strict().parse({ ...arrival, ...plain(got) }));
        const raw = "text" in got ? Buffer.from(got.text) : Buffer.from(got.base64, "base64");
        assert.deepEqual(raw, datagram);
      }
    }),
    { numRuns: 2_000 },
  );
});

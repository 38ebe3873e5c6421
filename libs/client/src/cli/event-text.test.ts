import assert from "node:assert/strict";
import { test } from "node:test";
import { type CloudEvent, createEvent, encodeLines, recordContainers } from "@fairlead/contracts";
import { eventAsJson, eventAsLines } from "./event-text.ts";

const event = (fields: {
  datacontenttype: string;
  data: string | Uint8Array;
  type?: string;
  extensions?: Readonly<Record<string, string | number>>;
}): CloudEvent =>
  createEvent({
    source: "/tcp-gateway/i/lines",
    type: "dev.fairlead.tcp.records",
    subject: "connection",
    timeMs: Date.UTC(2026, 0, 1),
    ...fields,
    data: Buffer.from(fields.data),
  });

const cases: readonly {
  name: string;
  event: CloudEvent;
  records?: unknown;
  data?: unknown;
  lines: string;
}[] = [
  {
    name: "lines",
    event: event({
      datacontenttype: recordContainers.lines,
      data: "hello\nworld\n",
      extensions: { firstseq: 5, recordcount: 2 },
    }),
    records: [
      { seq: 5, text: "hello" },
      { seq: 6, text: "world" },
    ],
    lines:
      "7#5  2026-01-01T00:00:00.000  tcp.records  connection  hello\n" +
      "7#6  2026-01-01T00:00:00.000  tcp.records  connection  world\n",
  },
  {
    name: "a record that is no UTF-8",
    event: event({ datacontenttype: recordContainers.lines, data: Buffer.from([0xff, 0x41, 0x0a]) }),
    records: [{ seq: 1, base64: "/0E=" }],
    lines: "7#1  2026-01-01T00:00:00.000  tcp.records  connection  \u00ffA\n",
  },
  {
    name: "control characters",
    event: event({ datacontenttype: recordContainers.lines, data: "\u001b[2Jgone\r\n" }),
    records: [{ seq: 1, text: "\u001b[2Jgone\r" }],
    lines: "7#1  2026-01-01T00:00:00.000  tcp.records  connection  \\u001b[2Jgone\\r\n",
  },
  {
    name: "decoded messages",
    event: event({
      datacontenttype: recordContainers.ndjson,
      data: '{"seq":1,"time":"2026-01-01T00:00:01.000002Z","from":"127.0.0.1:5","format":"raw","message":"m"}\n',
    }),
    records: [
      { seq: 1, time: "2026-01-01T00:00:01.000002Z", from: "127.0.0.1:5", format: "raw", message: "m" },
    ],
    lines: '7#1  2026-01-01T00:00:01.000  tcp.records  127.0.0.1:5  {"format":"raw","message":"m"}\n',
  },
  {
    name: "a payload that looks like an envelope",
    event: event({
      datacontenttype: recordContainers.ndjson,
      data: `${JSON.stringify({
        seq: 1,
        time: "2026-01-01T00:00:01.000002Z",
        from: "127.0.0.1:5",
        text: '{"seq":9,"time":"1999","from":"\\u001b[2J","text":"forged"}',
      })}\n`,
    }),
    records: [
      {
        seq: 1,
        time: "2026-01-01T00:00:01.000002Z",
        from: "127.0.0.1:5",
        text: '{"seq":9,"time":"1999","from":"\\u001b[2J","text":"forged"}',
      },
    ],
    lines:
      "7#1  2026-01-01T00:00:01.000  tcp.records  127.0.0.1:5  " +
      '{"seq":9,"time":"1999","from":"\\u001b[2J","text":"forged"}\n',
  },
  {
    name: "a decoded message whose envelope is forged",
    event: event({
      datacontenttype: recordContainers.ndjson,
      data: '{"seq":1,"receivedAt":"2026-01-01T00:00:01.000002Z","from":"\\u001b[2J","message":"m"}\n',
    }),
    records: [
      {
        seq: 1,
        time: "2026-01-01T00:00:01.000002Z",
        receivedAt: "2026-01-01T00:00:01.000002Z",
        message: "m",
      },
    ],
    lines:
      "7#1  2026-01-01T00:00:01.000  tcp.records  connection  " +
      '{"receivedAt":"2026-01-01T00:00:01.000002Z","message":"m"}\n',
  },
  {
    name: "a JSON event",
    event: event({ datacontenttype: "application/json", data: '{"listener":"lines"}' }),
    data: { listener: "lines" },
    lines: '7  2026-01-01T00:00:00.000  tcp.records  connection  {"listener":"lines"}\n',
  },
  {
    name: "a single record that is JSON",
    event: event({
      datacontenttype: "application/json",
      data: "{}",
      extensions: { recordcount: 1, firstseq: 3 },
    }),
    records: [{ seq: 3, text: "{}" }],
    lines: "7#3  2026-01-01T00:00:00.000  tcp.records  connection  {}\n",
  },
];

for (const { name, event, records, data, lines } of cases) {
  test(`eventAsJson() and eventAsLines() show what is carried when it is ${name}`, () => {
    const json = eventAsJson(7, event);
    assert.deepEqual(json["records"], records);
    assert.deepEqual(json["data"], data);
    assert.equal(json["offset"], 7);
    assert.equal(json["type"], event.type);
    assert.equal(eventAsLines(7, event), lines);
  });
}

test("eventAsJson() gives what is good and says what is not when a container is damaged", () => {
  const data = Buffer.concat([
    encodeLines({ count: 1, payloadBytes: 1, frame: () => Buffer.from("a") }),
    Buffer.from("cut"),
  ]);
  const damaged = event({ datacontenttype: recordContainers.lines, data });
  const json = eventAsJson(1, damaged);
  assert.deepEqual(json["records"], [{ seq: 1, text: "a" }]);
  assert.match(String(json["problem"]), /Cannot decode record 1/);
  assert.match(eventAsLines(1, damaged), /a\n.*\(Cannot decode record 1/);
});

test("eventAsLines() lets no attribute of an event steer the terminal", () => {
  const steering = "a\u001b]0;x\u0007\u009b2J\u202e\nb";
  const text = eventAsLines(7, {
    ...event({ datacontenttype: recordContainers.lines, data: "x\n" }),
    type: `dev.fairlead.${steering}`,
    subject: steering,
    time: steering,
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for these characters
  assert.match(text, /^[^\u0000-\u001f\u007f-\u009f\u202e]+\n$/);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { createEvent } from "./event.ts";
import { eventGapSchema, problemSchema, tcpConnectionsPageSchema, udpListenersSchema } from "./http.ts";
import { eventTypes, recordContainers } from "./names.ts";
import { statsdRecordSchema } from "./statsd-record.ts";
import { toStructuredJson } from "./structured.ts";
import { syslogRecordSchema } from "./syslog-record.ts";
import {
  recordsEvent,
  type TcpClosed,
  tcpClosed,
  tcpClosedSchema,
  tcpOpened,
  tcpOpenedSchema,
  tcpRecords,
} from "./tcp-events.ts";

const batch = {
  source: "/test/1/main",
  subject: "c1",
  datacontenttype: recordContainers.lines,
  data: Buffer.from("a\nb\n"),
  recordCount: 2,
  firstSeq: 5,
  timeMs: 0,
  id: "e1",
};

const closed: TcpClosed = {
  connection: "c1",
  instance: "i1",
  listener: "main",
  remote: { family: "ipv4", host: "192.0.2.1", port: 5 },
  local: { family: "ipv6", host: "::1", port: 7001 },
  openedAt: "2026-01-01T00:00:00.000Z",
  closedAt: "2026-01-01T00:00:01.000Z",
  reason: "peer-ended",
  bytesReceived: 4,
  bytesSent: 5,
  records: 2,
  rejected: { "log-full": 1 },
};

describe("tcpRecords()", () => {
  test("makes an event with the count and the first number, and nothing that was not given", () => {
    assert.deepEqual(tcpRecords(batch), {
      id: "e1",
      source: "/test/1/main",
      type: "dev.fairlead.tcp.records",
      subject: "c1",
      time: "1970-01-01T00:00:00.000Z",
      datacontenttype: "application/vnd.fairlead.lines",
      data: batch.data,
      extensions: { recordcount: 2, firstseq: 5 },
    });
  });

  test("passes the data on without a copy, and the other extensions by their names", () => {
    const event = tcpRecords({ ...batch, traceparent: "00-1", from: "h:1" });
    assert.equal(event.data, batch.data);
    assert.deepEqual(event.extensions, {
      recordcount: 2,
      firstseq: 5,
      traceparent: "00-1",
      from: "h:1",
    });
  });

  test("gives each event an id of its own, later ones greater", () => {
    const { id: _, ...without } = batch;
    const ids = Array.from({ length: 100 }, () => tcpRecords(without).id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
  });
});

test("recordsEvent() makes an event of records of the type that it is given, with extensions of its own", () => {
  const { type, datacontenttype, extensions } = recordsEvent(eventTypes.udpStatsd, batch, { intervalms: 10 });
  assert.deepEqual([type, datacontenttype], ["dev.fairlead.udp.statsd", recordContainers.lines]);
  assert.deepEqual(extensions, { recordcount: 2, firstseq: 5, intervalms: 10 });
});

test("tcpOpened() and tcpClosed() carry JSON as their schemas say, about the connection as subject", () => {
  const {
    closedAt: _1,
    reason: _2,
    bytesReceived: _3,
    bytesSent: _4,
    records: _5,
    rejected: _6,
    ...opened
  } = closed;
  for (const [event, schema, data] of [
    [tcpOpened({ source: "/s", data: opened }), tcpOpenedSchema, opened],
    [tcpClosed({ source: "/s", data: closed }), tcpClosedSchema, closed],
  ] as const) {
    assert.deepEqual([event.subject, event.datacontenttype], ["c1", "application/json"]);
    assert.deepEqual(schema.parse(toStructuredJson(event).data), data);
  }
});

describe("createEvent() refuses an extension named", () => {
  for (const name of ["traceParent", "trace-parent", "", "x".repeat(21), "id", "data", "specversion"]) {
    test(JSON.stringify(name), () => {
      const fields = { source: "/s", type: "t", datacontenttype: "text/plain", data: Buffer.alloc(0) };
      assert.throws(() => createEvent({ ...fields, extensions: { [name]: 1 } }), { code: "EVENT_INVALID" });
    });
  }
});

test("every body becomes a JSON Schema, for the OpenAPI document", () => {
  const bodies = {
    problemSchema,
    eventGapSchema,
    tcpConnectionsPageSchema,
    udpListenersSchema,
    tcpClosedSchema,
    syslogRecordSchema,
    statsdRecordSchema,
  };
  for (const [name, schema] of Object.entries(bodies)) {
    const json = z.toJSONSchema(schema, { target: "draft-2020-12" });
    assert.match(String(json.$schema), /2020-12/, name);
    // A reference would point into this schema and not into the document that has it.
    assert.doesNotMatch(JSON.stringify(json), /"\$ref"/, name);
  }
});

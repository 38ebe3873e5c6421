import assert from "node:assert/strict";
import { test } from "node:test";
import { type SyslogRecord, syslogRecordSchema } from "@fairlead/contracts";
import { exchange } from "@fairlead/harness";
import { startGateway } from "./running.ts";

const syslog = { codec: { name: "octet-counting" }, acks: "none", decode: "syslog" } as const;

test("a listener that decodes syslog gives the records of the UDP collector, and what cannot be read as it came", async () => {
  await using gateway = await startGateway([{ ...syslog, timeZone: "Europe/Berlin" }]);
  const counted = "<34>1 2026-10-11T22:14:15.003Z h su 7 ID47 - text";
  const sent = `<13>Oct 11 22:14:15 h app[1]: m\0${counted.length} ${counted}<999>x\n`;
  await exchange(gateway.port(), sent);
  await gateway.bus.first("tcp.closed", 1);
  const events = gateway.bus.events.filter(({ type }) => type === "dev.fairlead.tcp.syslog");
  const records = events.flatMap(({ data }) =>
    Buffer.from(data)
      .toString()
      .trimEnd()
      .split("\n")
      .map((line): SyslogRecord => syslogRecordSchema.parse(JSON.parse(line))),
  );
  assert.deepEqual(
    records.map(({ seq, parsed }) => [seq, parsed]),
    [
      [1, true],
      [2, true],
      [3, false],
    ],
  );
  const [first, second, third] = records;
  assert.ok(first?.parsed && second?.parsed && third && !third.parsed);
  assert.deepEqual(
    [first.appName, first.procId, first.message, first.assumed],
    ["app", "1", "m", ["year", "zone"]],
  );
  assert.match(first.timestamp ?? "", /-10-11T20:14:15Z$/);
  assert.match(first.from, /^127\.0\.0\.1:\d+$/);
  assert.deepEqual([second.format, second.msgId, second.message], ["rfc5424", "ID47", "text"]);
  assert.deepEqual([third.reason, third.text], ["priority", "<999>x"]);
  const unparsed = { listener: "listener-0", reason: "priority" };
  assert.equal(await gateway.metric("syslog_unparsed_records_total", unparsed), 1);
});

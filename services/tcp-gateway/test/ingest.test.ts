import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import type { TcpClosed, TcpOpened } from "@fairlead/contracts";
import { exchange, freePort, RawClient, temporaryDirectory } from "@fairlead/harness";
import { payloads, startGateway } from "./running.ts";

const json = <T>(data: Uint8Array): T => JSON.parse(Buffer.from(data).toString());

test("a listener acknowledges lines once they are durable and gives them to the bus as they came", async () => {
  await using gateway = await startGateway([{ banner: "220 ready\r\n", connectionEvents: false }]);
  await using client = await RawClient.dial(gateway.port());
  assert.equal(await client.readLine(), "220 ready\r");
  gateway.bus.hold();
  await client.send("hello\nworld\n");
  await gateway.bus.pending(1);
  assert.equal(client.received.length, 0, "nothing is durable yet");
  gateway.bus.release();
  assert.equal(await client.readLine(), "OK 2");
  await client.send("again\r\n");
  assert.equal(await client.readLine(), "OK 3");
  client.end();
  assert.equal((await client.readAll()).toString(), "");
  const [first, second] = await gateway.bus.first("tcp.records", 2);
  assert.equal(first!.source, "/tcp-gateway/instance-1/listener-0");
  assert.equal(first!.datacontenttype, "application/vnd.fairlead.lines");
  assert.deepEqual(first!.extensions, { recordcount: 2, firstseq: 1 });
  assert.deepEqual(second!.extensions, { recordcount: 1, firstseq: 3 });
  assert.deepEqual(gateway.bus.records, ["hello", "world", "again"]);
});

test("an unterminated last line at the end of the stream is a record, marked partial", async () => {
  await using gateway = await startGateway([{ connectionEvents: false }]);
  assert.match(await exchange(gateway.port(), "one\ntwo"), /^(OK 1\n)?OK 2\n$/);
  assert.deepEqual(gateway.bus.records, ["one", "two"]);
  const marks = gateway.bus.events.map(({ extensions }) => extensions["partial"]);
  assert.deepEqual(marks, [undefined, true]);
});

test("a listener may refuse an unterminated last line", async () => {
  await using gateway = await startGateway([{ takesPartial: false }]);
  assert.match(await exchange(gateway.port(), "one\ntwo"), /^OK 1\nERR FRAME_INCOMPLETE .*\n$/);
  assert.equal(await exchange(gateway.port(), "three\n"), "OK 1\n");
  assert.deepEqual(gateway.bus.records, ["one", "three"]);
  const reason = { listener: "listener-0", reason: "frame-incomplete" };
  assert.equal(await gateway.metric("rejected_records_total", reason), 1);
});

test("a connection that begins with an HTTP request is refused, unless the listener says otherwise", async () => {
  const request = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\none\ntwo\n";
  await using gateway = await startGateway([{}, { takesHttp: true }]);
  assert.match(await exchange(gateway.port(0), request), /^ERR HTTP_REFUSED .*\n$/);
  assert.deepEqual(gateway.bus.records, []);
  assert.equal(
    await gateway.metric("rejected_records_total", {
      listener: "listener-0",
      reason: "http-refused",
    }),
    1,
  );
  assert.match(await exchange(gateway.port(1), request), /OK 5\n$/);
});

test("tcp.opened stands before the records of a connection and tcp.closed behind them, with its counts", async () => {
  await using gateway = await startGateway([{}]);
  await exchange(gateway.port(), "a\nb\nc\n");
  await gateway.bus.first("tcp.closed", 1);
  const { events } = gateway.bus;
  assert.equal(events[0]!.type, "dev.fairlead.tcp.opened");
  assert.equal(events.at(-1)!.type, "dev.fairlead.tcp.closed");
  assert.equal(new Set(events.map(({ subject }) => subject)).size, 1);
  const opened = json<TcpOpened>(events[0]!.data);
  const closed = json<TcpClosed>(events.at(-1)!.data);
  assert.equal(opened.listener, "listener-0");
  assert.equal(opened.remote.host, "127.0.0.1");
  assert.equal(opened.connection, events[0]!.subject);
  assert.equal(closed.reason, "peer-ended");
  assert.equal(closed.records, 3);
  assert.equal(closed.bytesReceived, 6);
  assert.deepEqual(closed.rejected, {});
});

test("a listener without connection events publishes none", async () => {
  await using gateway = await startGateway([{ connectionEvents: false }]);
  await exchange(gateway.port(), "a\n");
  await gateway.service.drain(new AbortController().signal);
  assert.deepEqual(
    gateway.bus.events.map(({ type }) => type),
    ["dev.fairlead.tcp.records"],
  );
});

test("a syslog listener takes counted and line-framed messages and says nothing", async () => {
  await using gateway = await startGateway([{ codec: { name: "octet-counting" }, acks: "none" }]);
  const answer = await exchange(gateway.port(), "11 <13>counted<14>a line\n<15>another\n");
  assert.equal(answer, "");
  assert.deepEqual(gateway.bus.records, ["<13>counted", "<14>a line", "<15>another"]);
});

const containers = [
  ["lines", "application/vnd.fairlead.lines"],
  ["records", "application/vnd.fairlead.records"],
  ["ndjson", "application/x-ndjson"],
  ["single", "text/csv"],
] as const;
for (const [container, type] of containers) {
  test(`a listener with the container ${container} makes events of it`, async () => {
    await using gateway = await startGateway([{ container, mediaType: "text/csv" }]);
    assert.match(await exchange(gateway.port(), "1,2\n3,4\n"), /OK 2\n$/);
    const records = gateway.bus.events.filter((event) => event.datacontenttype === type);
    assert.deepEqual(records.flatMap(payloads), ["1,2", "3,4"]);
    if (container === "single") assert.equal(records.length, 2);
  });
}

test("a listener with another delimiter keeps line feeds inside its records", async () => {
  await using gateway = await startGateway([{ codec: { name: "lines", delimiter: "nul" } }]);
  assert.match(await exchange(gateway.port(), "one\n1\0two\0"), /OK 2\n$/);
  assert.deepEqual(gateway.bus.records, ["one\n1", "two"]);
});

test("a listener takes connections on a Unix socket", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("ingest.sock");
  await using gateway = await startGateway([{ path }]);
  assert.match(await exchange({ path }, "local\n"), /^OK 1\n$/);
  assert.equal(gateway.service.endpoints[0]!.scheme, "unix");
});

test("a connection over a limit or from a refused address is reset and counted", async () => {
  await using gateway = await startGateway([
    { limits: { maxConnectionsPerAddress: 1 } },
    { deny: ["127.0.0.0/8"] },
  ]);
  await using taken = await RawClient.dial(gateway.port());
  await taken.send("here\n");
  assert.equal(await taken.readLine(), "OK 1");
  for (const index of [0, 1]) {
    const client = connect(gateway.port(index), "127.0.0.1");
    await assert.rejects(once(client, "data"), { code: "ECONNRESET" });
  }
  const refused = (listener: string, reason: string) =>
    gateway.metric("refused_connections_total", { listener, reason });
  assert.equal(await refused("listener-0", "connections-per-address"), 1);
  assert.equal(await refused("listener-1", "denied"), 1);
});

test("the ledger of a listener closes at any moment, in records and in bytes", async () => {
  await using gateway = await startGateway([
    { codec: { name: "lines", maxFrameBytes: "10B", oversize: "drop" }, connectionEvents: false },
  ]);
  await using client = await RawClient.dial(gateway.port());
  gateway.bus.hold();
  await client.send(`a\nb\n${"x".repeat(50)}\nc\n`);
  await gateway.bus.pending(1);
  const of = (name: string, reason?: string) =>
    gateway.metric(name, { listener: "listener-0", ...(reason && { reason }) });
  assert.equal(await of("received_records_total"), 4);
  assert.equal(await of("pending_records"), 3);
  assert.equal(await of("rejected_records_total", "dropped"), 1);
  gateway.bus.release();
  await client.readUntil("OK 3\n");
  assert.equal(await of("pending_records"), 0);
  assert.equal(await of("published_records_total"), 3);
  assert.deepEqual([await of("published_bytes_total"), await of("rejected_bytes_total", "dropped")], [3, 50]);
  assert.equal(await of("received_bytes_total"), 53);
});

test("a bus that was away is used again by the next connection", async () => {
  await using gateway = await startGateway([{}]);
  gateway.bus.refuse = () => "LOG_FULL";
  assert.equal(await exchange(gateway.port(), "lost\n"), "ERR LOG_FULL the log is full; send again later\n");
  gateway.bus.refuse = undefined;
  assert.equal(await exchange(gateway.port(), "kept\n"), "OK 1\n");
  const labels = { listener: "listener-0", reason: "log-full" };
  assert.equal(await gateway.metric("rejected_records_total", labels), 1);
  assert.equal(await gateway.metric("closed_connections_total", { ...labels, reason: "publish-failed" }), 1);
  assert.ok((await gateway.metric("lost_connection_events_total", { listener: "listener-0" })) >= 1);
});

test("a gateway that cannot open a listener frees the ports of the others", async () => {
  await using taken = await startGateway([{}]);
  const port = await freePort();
  const listeners = [{ port }, { port: taken.port() }];
  await assert.rejects(startGateway(listeners), { code: "ADDRESS_IN_USE" });
  await using again = await startGateway([{ port }]);
  assert.equal(await exchange(again.port(), "here\n"), "OK 1\n");
});

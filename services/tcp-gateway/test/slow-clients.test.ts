import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import type { TcpConnectionsPage } from "@fairlead/contracts";
import { ManualClock } from "@fairlead/core/manual-clock";
import { eventually, RawClient } from "@fairlead/harness";
import { type RunningGateway, startGateway } from "./running.ts";

const listener = { listener: "listener-0" };

/** Of all open connections. */
async function receivedBytes(gateway: RunningGateway): Promise<number> {
  let bytes = 0;
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page = { limit: 1_000, ...(after && { after }) };
    const { connections, next } = (await gateway.call("GET /tcp/connections", {}, page))!
      .body as TcpConnectionsPage;
    for (const { bytesReceived = 0 } of connections) bytes += bytesReceived;
    after = next;
  }
  return bytes;
}

test("2,000 clients that drip a byte every five seconds are cut at the frame limit, and another client is served meanwhile", async () => {
  const clock = new ManualClock();
  const limits = { frame: "10s", maxConnectionsPerAddress: 3_000 };
  await using gateway = await startGateway([{ limits, connectionEvents: false }], { clock });
  const metric = (name: string, labels = {}) => gateway.metric(name, { ...listener, ...labels });
  const drippers: Socket[] = [];
  for (let i = 0; i < 2_000; i++) {
    const socket = connect(gateway.port(), "127.0.0.1").on("error", () => {});
    drippers.push(socket);
    if (i % 100 === 99) await once(socket, "connect");
  }
  const cut = Promise.all(drippers.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  await using good = await RawClient.dial(gateway.port());
  for (let drips = 1; drips <= 3; drips++) {
    for (const socket of drippers) socket.write("x");
    await good.send("whole\n");
    assert.equal(await good.readLine(), `OK ${drips}`);
    const expected = drips * (2_000 + "whole\n".length);
    await eventually(async () => (await receivedBytes(gateway)) === expected, "every byte");
    assert.equal(await metric("connections"), 2_001);
    await clock.advance(5_000);
  }
  for (const socket of drippers) socket.resume();
  await cut;
  await good.send("whole\n");
  assert.equal(await good.readLine(), "OK 4");
  assert.equal(await metric("closed_connections_total", { reason: "frame-timeout" }), 2_000);
  assert.equal(gateway.bus.records.length, 4);
});

test("a client that sends nothing is cut at the first-byte limit", async () => {
  const clock = new ManualClock();
  await using gateway = await startGateway([{ limits: { firstByte: "10s" } }], { clock });
  await using client = await RawClient.dial(gateway.port());
  client.end();
  await client.readAll();
  await using silent = await RawClient.dial(gateway.port());
  await gateway.bus.first("tcp.opened", 2);
  await clock.advance(15_000);
  assert.equal((await silent.readAll()).length, 0);
  await gateway.bus.first("tcp.closed", 2);
  const labels = { ...listener, reason: "first-byte-timeout" };
  assert.equal(await gateway.metric("closed_connections_total", labels), 1);
});

test("a client that gets no answer may be silent for an hour before its first message", async () => {
  const clock = new ManualClock();
  await using gateway = await startGateway([{ acks: "none" }], { clock });
  await using client = await RawClient.dial(gateway.port());
  await gateway.bus.first("tcp.opened", 1);
  await clock.advance(3_600_000);
  await client.send("first\n");
  await gateway.bus.first("tcp.records", 1);
  assert.deepEqual(gateway.bus.records, ["first"]);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { RawClient } from "@fairlead/harness";
import { startGateway } from "./running.ts";

test("2,000 clients that drip bytes are cut at the frame limit, and another client is served meanwhile", async () => {
  // The five seconds between bytes, scaled down by a hundred like the limit.
  const limits = { frame: "300ms", maxConnectionsPerAddress: 3_000 };
  await using gateway = await startGateway([{ limits, lifecycleEvents: false }]);
  const drippers: Socket[] = [];
  for (let i = 0; i < 2_000; i++) {
    const socket = connect(gateway.port(), "127.0.0.1").on("error", () => {});
    drippers.push(socket);
    if (i % 100 === 99) await once(socket, "connect");
  }
  const cut = Promise.all(drippers.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  const dripping = setInterval(() => {
    for (const socket of drippers) if (socket.writable) socket.write("x");
  }, 50);
  try {
    await using good = await RawClient.dial(gateway.port());
    for (let i = 1; i <= 100; i++) {
      await good.send("whole\n");
      assert.equal(await good.readLine(), `OK ${i}`);
    }
    for (const socket of drippers) socket.resume();
    await cut;
    await good.send("whole\n");
    assert.equal(await good.readLine(), "OK 101");
  } finally {
    clearInterval(dripping);
  }
  const labels = { listener: "listener-0", reason: "frame-timeout" };
  assert.equal(await gateway.metric("connections_closed_total", labels), 2_000);
  assert.equal(gateway.bus.records.length, 101);
});

test("a client that sends nothing is cut at the first-byte limit", async () => {
  await using gateway = await startGateway([{ limits: { firstByte: "200ms" } }]);
  await using client = await RawClient.dial(gateway.port());
  client.end();
  await client.readAll();
  await using silent = await RawClient.dial(gateway.port());
  assert.equal((await silent.readAll()).length, 0);
  const labels = { listener: "listener-0", reason: "first-byte-timeout" };
  await gateway.bus.first("tcp.closed", 2);
  assert.equal(await gateway.metric("connections_closed_total", labels), 1);
});

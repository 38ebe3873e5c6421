import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { exchange, findBinary, RawClient, skipOrFail, temporaryDirectory } from "@fairlead/harness";
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

/** Sends line after line, each when the one before has had time to be acknowledged, and never reads. */
const neverReads = `
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect(sys.argv[1])
sent = 0
try:
    while True:
        s.sendall(b"x\\n")
        sent += 1
        if sent < 2000: time.sleep(0.0005)
except (BrokenPipeError, ConnectionResetError):
    print(sent)
`;

test("a client that never reads its acknowledgements is read no further and cut at the send limit", {
  skip: skipOrFail(findBinary("python3") ? undefined : "no python3"),
}, async () => {
  await using directory = await temporaryDirectory();
  // The buffers of a Unix socket are small and fixed: some hundred acknowledgements fill them.
  const path = directory.file("ingest.sock");
  await using gateway = await startGateway([{ path, limits: { send: "500ms" }, credit: "64KiB" }]);
  const { stdout } = await promisify(execFile)("python3", ["-c", neverReads, path], { timeout: 60_000 });
  const [closed] = await gateway.bus.first("tcp.closed", 1);
  assert.equal(JSON.parse(Buffer.from(closed!.data).toString()).reason, "send-timeout");
  assert.ok(Number(stdout) > 0);
  assert.ok(gateway.bus.records.length <= Number(stdout));
  assert.match(await exchange({ path }, "served\n"), /^OK 1\n$/);
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

/** A sender that nobody answers (syslog) and a bus that refuses: nothing is lost, the sender waits. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { eventually } from "@fairlead/harness";
import { startGateway } from "./running.ts";

const lines = Array.from({ length: 200_000 }, (_, index) => `${index} ${"x".repeat(100)}`);

async function dial(port: number) {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  return socket;
}

test("a listener without acks holds its sender back while the bus refuses, and loses nothing", async () => {
  await using gateway = await startGateway([{ acks: "none", connectionEvents: false }]);
  gateway.bus.refuse = () => "LOG_FULL";
  gateway.bus.condition = { canAccept: false };
  const socket = await dial(gateway.port());
  socket.end(`${lines.join("\n")}\n`);
  // More than the buffers of both kernels take: the rest has to wait at the sender.
  let before = -1;
  await eventually(async () => {
    const now = socket.bytesWritten - socket.writableLength;
    const isStill = now === before;
    before = now;
    if (!isStill) await new Promise((resolve) => setTimeout(resolve, 100));
    return isStill;
  }, "the sender stands still");
  assert.ok(socket.writableLength > 0, "the sender queues");
  assert.ok((await gateway.metric("received_bytes_total", { listener: "listener-0" })) < 4 * 2 ** 20);
  assert.deepEqual(gateway.bus.events, []);
  gateway.bus.refuse = undefined;
  gateway.bus.condition = {};
  await eventually(() => gateway.bus.records.length === lines.length, "all records");
  assert.deepEqual(gateway.bus.records, lines);
  const rejected = await gateway.metric("rejected_records_total", {
    listener: "listener-0",
    reason: "log-full",
  });
  assert.equal(rejected, 0);
});

test("drain() gives up what the bus refuses when its signal fires, closes, and counts it", async () => {
  await using gateway = await startGateway([{ acks: "none", connectionEvents: false }]);
  const { bus } = gateway;
  // The health of the bus does not know of the full disk yet.
  bus.refuse = () => "LOG_FULL";
  const metric = (name: string, more = {}) => gateway.metric(name, { listener: "listener-0", ...more });
  const socket = await dial(gateway.port());
  const closed = new Promise((resolve) => socket.resume().once("close", resolve));
  socket.write("first\nsecond\n");
  await bus.until(() => bus.attempts.length >= 2);
  assert.equal(await metric("pending_records"), 2);
  const end = new AbortController();
  const drained = gateway.service.drain(end.signal);
  const before = bus.attempts.length;
  await bus.until(() => bus.attempts.length > before);
  end.abort();
  await drained;
  await closed;
  await eventually(async () => (await metric("pending_records")) === 0, "the end of the session");
  assert.equal(await metric("rejected_records_total", { reason: "log-full" }), 2);
  assert.equal(await metric("received_records_total"), 2);
});

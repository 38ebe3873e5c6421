import assert from "node:assert/strict";
import { test } from "node:test";
import { dialPlain, eventually, failure, gone, listenLoopback, receiveText } from "../test/loopback.ts";
import { dialTcp } from "./dial.ts";

const never = new AbortController().signal;

test("drain() refuses new connections and lets handlers finish", async () => {
  const release = Promise.withResolvers<void>();
  await using listener = await listenLoopback(async (connection) => {
    await release.promise;
    await connection.send("finished");
  });
  const peer = await dialPlain(listener);
  await eventually(() => listener.connections.count === 1);
  assert.equal(listener.draining.aborted, false);
  const drained = listener.drain(never);
  assert.equal(listener.draining.aborted, true);
  const { host, port } = listener.address;
  assert.equal(await failure(dialTcp({ host, port, connectTimeoutMs: 60_000 })), "CONNECTION_REFUSED");
  release.resolve();
  assert.equal(await receiveText(peer), "finished");
  await drained;
  assert.equal(listener.connections.count, 0);
});

test("drain() lets sessions stop reading", async () => {
  await using listener = await listenLoopback(async (connection) => {
    listener.draining.addEventListener("abort", () => connection.stopReading(), { once: true });
    for (;;) if ((await connection.read()) === undefined) break;
    await connection.send("bye");
  });
  const peer = await dialPlain(listener);
  await eventually(() => listener.connections.count === 1);
  const drained = listener.drain(never);
  assert.equal(await receiveText(peer), "bye");
  await drained;
});

test("drain() closes the rest with the reason drain when the signal fires", async () => {
  const reasons: string[] = [];
  await using listener = await listenLoopback(async (connection) => {
    reasons.push(await connection.closed);
  });
  const peer = await dialPlain(listener);
  await eventually(() => listener.connections.count === 1);
  const stop = new AbortController();
  const drained = listener.drain(stop.signal);
  stop.abort();
  await drained;
  await gone(peer);
  assert.deepEqual(reasons, ["drain"]);
});

test("drain() waits for a handler that goes on after its connection is over", async () => {
  const release = Promise.withResolvers<void>();
  await using listener = await listenLoopback(async (connection) => {
    await connection.closed;
    await release.promise;
  });
  const peer = await dialPlain(listener);
  await eventually(() => listener.connections.count === 1);
  peer.resetAndDestroy();
  await eventually(() => listener.connections.count === 0);
  let isDrained = false;
  const drained = listener.drain(never).then(() => {
    isDrained = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(isDrained, false);
  release.resolve();
  await drained;
});

test("drain() may be called twice and before anybody came; disposing after it is harmless", async () => {
  const listener = await listenLoopback(async () => {});
  await Promise.all([listener.drain(never), listener.drain(AbortSignal.abort())]);
  await listener[Symbol.asyncDispose]();
  await listener[Symbol.asyncDispose]();
});

test("disposing a listener closes every connection and does not wait for a handler that hangs", async () => {
  const listener = await listenLoopback(() => new Promise<void>(() => {}));
  const peer = await dialPlain(listener);
  await eventually(() => listener.connections.count === 1);
  const [connection] = listener.connections;
  await listener[Symbol.asyncDispose]();
  await gone(peer);
  assert.equal(await connection?.closed, "drain");
});

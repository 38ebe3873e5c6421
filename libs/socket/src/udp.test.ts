import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, failure, nameThatIsNone } from "../test/loopback.ts";
import { bindUdp } from "./bind-udp.ts";
import type { BindUdpOptions, UdpSocket } from "./udp.ts";

function bind(options: Partial<BindUdpOptions> = {}): Promise<UdpSocket> {
  return bindUdp({
    host: "127.0.0.1",
    port: 0,
    maxPendingDatagrams: 1_000,
    maxPendingBytes: 1_000_000,
    ...options,
  });
}

/** Payloads as text until so many came. */
async function receive(socket: UdpSocket, count: number): Promise<string[]> {
  const payloads: string[] = [];
  if (count === 0) return payloads;
  for await (const batch of socket.batches()) {
    for (let index = 0; index < batch.count; index++) payloads.push(batch.payload(index).toString());
    if (payloads.length >= count) break;
  }
  return payloads;
}

for (const { host, family } of [
  { host: "127.0.0.1", family: "ipv4" },
  { host: "::1", family: "ipv6" },
  { host: "localhost", family: undefined },
]) {
  test(`bindUdp() on ${host}: batches() gives payload, source and time of every datagram, send() answers`, async () => {
    await using server = await bind({ host });
    await using client = await bind({ host });
    if (family !== undefined) assert.equal(server.local.family, family);
    const beforeMicros = Date.now() * 1_000;
    for (const text of ["one", "", "three"]) await client.send(text, server.local);
    await eventually(() => server.stats.received === 3);
    for await (const batch of server.batches()) {
      assert.equal(batch.count, 3);
      assert.equal(batch.payloadBytes, 8);
      for (const [index, text] of ["one", "", "three"].entries()) {
        assert.equal(batch.payload(index).toString(), text);
        assert.deepEqual(batch.source(index), client.local);
        const micros = batch.receivedAtMicros(index);
        assert.ok(Number.isInteger(micros));
        // The wall clock may be off the monotonic one by what is tolerated before it is followed.
        assert.ok(micros > beforeMicros - 3_000 && micros < Date.now() * 1_000 + 3_000);
      }
      await server.send(new Uint8Array([111, 107]), batch.source(0));
      break;
    }
    assert.deepEqual(await receive(client, 1), ["ok"]);
    assert.deepEqual([client.stats.sent, client.stats.sentBytes], [3, 8]);
  });
}

test("a dual-stack socket gives an IPv4 peer as IPv4 and can answer it", async () => {
  await using server = await bind({ host: "::" });
  await using client = await bind();
  await client.send("x", { host: "127.0.0.1", port: server.local.port });
  for await (const batch of server.batches()) {
    assert.deepEqual(batch.source(0), client.local);
    await server.send("y", batch.source(0));
    break;
  }
  assert.deepEqual(await receive(client, 1), ["y"]);
});

test("batches() waits, and ends when the socket is disposed", async () => {
  const socket = await bind();
  const reading = receive(socket, 1);
  await socket[Symbol.asyncDispose]();
  assert.deepEqual(await reading, []);
  await socket[Symbol.asyncDispose]();
  await socket.drain();
});

test("batches() refuses a second consumer", async () => {
  await using socket = await bind();
  const first = receive(socket, 1);
  assert.equal(await failure(receive(socket, 1)), "ALREADY_READING");
  await socket.send("x", socket.local);
  assert.deepEqual(await first, ["x"]);
});

for (const { name, options, kept } of [
  { name: "maxPendingDatagrams", options: { maxPendingDatagrams: 3 }, kept: 3 },
  { name: "maxPendingBytes", options: { maxPendingBytes: 65_507 }, kept: 2 },
]) {
  test(`over ${name} datagrams are dropped and every one is counted`, async () => {
    await using server = await bind({ ...options, receiveBufferBytes: 1_048_576 });
    await using client = await bind();
    for (let count = 0; count < 10; count++) await client.send(Buffer.alloc(30_000), server.local);
    await eventually(() => server.stats.received === 10 - (server.kernelDrops() ?? 0));
    const { received, receivedBytes, overflowDropped, overflowDroppedBytes, pending, pendingBytes } =
      server.stats;
    assert.equal(pending, kept);
    assert.equal(received, pending + overflowDropped);
    assert.equal(receivedBytes, pendingBytes + overflowDroppedBytes);
    assert.equal((await receive(server, kept)).length, kept);
    assert.equal(server.stats.pending, 0);
  });
}

test("drain() gives out what the kernel still holds, takes nothing new, and the ledger closes", async () => {
  const server = await bind({ receiveBufferBytes: 2_097_152 });
  await using client = await bind();
  const sent = 500;
  await Promise.all(Array.from({ length: sent }, (_, index) => client.send(`${index}`, server.local)));
  const reading = receive(server, Number.POSITIVE_INFINITY);
  await server.drain();
  const got = await reading;
  assert.equal(got.length + server.stats.overflowDropped + (server.kernelDrops() ?? 0), sent);
  assert.equal(server.stats.received, got.length + server.stats.overflowDropped);
  await client.send("late", server.local);
  assert.equal(await failure(server.send("x", client.local)), "CONNECTION_CLOSED");
});

test("drain() ends although datagrams go on coming", async () => {
  const server = await bind();
  await using client = await bind();
  let isOver = false;
  const flood = (async () => {
    for (; !isOver; await new Promise((resolve) => setImmediate(resolve)))
      await client.send("x", server.local);
  })();
  await eventually(() => server.stats.received > 0);
  await server.drain();
  // The drain may end when all that was sent by then is received: more comes behind it.
  await eventually(() => client.stats.sent > server.stats.received);
  isOver = true;
  await flood;
});

test("connect() sends without a target and hears only its peer", async () => {
  await using server = await bind();
  // A port that was asked for by its number: one that the kernel chose is lost with disconnect().
  const holder = await bind({ reusePort: true });
  await using client = await bind({ reusePort: true, port: holder.local.port });
  await holder[Symbol.asyncDispose]();
  await using stranger = await bind();
  await client.connect(server.local);
  assert.deepEqual(client.remote, server.local);
  await client.send("hello");
  assert.deepEqual(await receive(server, 1), ["hello"]);
  await stranger.send("not heard", client.local);
  await server.send("heard", client.local);
  assert.deepEqual(await receive(client, 1), ["heard"]);
  assert.equal(await failure(client.send("x", stranger.local)), "BAD_OPTION");
  client.disconnect();
  assert.equal(client.remote, undefined);
  assert.equal(await failure(client.send("x")), "BAD_OPTION");
  await stranger.send("heard too", client.local);
  assert.deepEqual(await receive(client, 1), ["heard too"]);
});

test("a connected socket survives its peer's refusal and says so", async () => {
  const server = await bind();
  const errors: string[] = [];
  await using client = await bind({
    onError: (error) => errors.push((error as { code?: string }).code ?? ""),
  });
  await client.connect(server.local);
  await server[Symbol.asyncDispose]();
  const refused = async () => [await failure(client.send("a")), await failure(client.send("b"))];
  // The refusal comes with the next send or by itself, as the kernel is faster or slower than we.
  let codes: string[] = [];
  await eventually(() => {
    void refused().then((more) => {
      codes = [...codes, ...more];
    });
    return [...codes, ...errors].includes("CONNECTION_REFUSED");
  });
  assert.equal(client.stats.errors, errors.length);
});

test("send() refuses a datagram over the limit, and an address that is not reachable by the family", async () => {
  await using socket = await bind();
  assert.equal(await failure(socket.send(Buffer.alloc(65_508), socket.local)), "DATAGRAM_TOO_LARGE");
  assert.equal(await failure(socket.send("x", { host: nameThatIsNone, port: 9 })), "NAME_NOT_FOUND");
  await socket.send(Buffer.alloc(60_000), socket.local);
  assert.equal(socket.stats.sent, 1);
});

test("send() refuses with SEND_BUFFER_FULL what nobody awaited", async () => {
  await using socket = await bind({ maxUnsentBytes: 100 });
  const results = await Promise.all([
    failure(socket.send(Buffer.alloc(80), socket.local)),
    failure(socket.send(Buffer.alloc(80), socket.local)),
  ]);
  assert.deepEqual(results, ["no error", "SEND_BUFFER_FULL"]);
});

test("bindUdp() names the address that is in use; reusePort and reuseAddress share it", async () => {
  await using first = await bind();
  await assert.rejects(bind({ port: first.local.port }), {
    code: "ADDRESS_IN_USE",
    message: new RegExp(`bind UDP 127\\.0\\.0\\.1:${first.local.port}: .*EADDRINUSE`),
  });
  await using shared = await bind({ reusePort: true });
  await using _ = await bind({ reusePort: true, port: shared.local.port });
  await using heard = await bind({ reuseAddress: true });
  await using __ = await bind({ reuseAddress: true, port: heard.local.port });
});

for (const options of [
  { maxPendingDatagrams: 0 },
  { maxPendingBytes: 65_506 },
  { maxUnsentBytes: 0 },
  { receiveBufferBytes: 0 },
  { port: -1 },
]) {
  test(`bindUdp() refuses ${JSON.stringify(options)}`, async () => {
    await assert.rejects(bind(options), { code: "BAD_OPTION" });
  });
}

test("receiveBuffer says what was asked and granted", async () => {
  await using small = await bind({ receiveBufferBytes: 100_000 });
  assert.deepEqual(small.receiveBuffer, { askedBytes: 100_000, grantedBytes: 100_000, isShort: false });
  await using vast = await bind({ receiveBufferBytes: 2 ** 30 });
  assert.equal(vast.receiveBuffer.isShort, vast.receiveBuffer.grantedBytes < 2 ** 30);
  await using unasked = await bind();
  assert.equal(unasked.receiveBuffer.askedBytes, undefined);
  assert.equal(unasked.receiveBuffer.isShort, false);
});

test("setBroadcast() permits broadcast addresses", async () => {
  await using server = await bind({ host: "0.0.0.0" });
  await using client = await bind({ host: "0.0.0.0" });
  const everybody = { host: "127.255.255.255", port: server.local.port };
  assert.equal(await failure(client.send("x", everybody)), "PERMISSION_DENIED");
  client.setBroadcast(true);
  await client.send("to all", everybody);
  assert.deepEqual(await receive(server, 1), ["to all"]);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import {
  dialPlain,
  echo,
  eventually,
  failure,
  listenLoopback,
  openPair,
  receiveText,
} from "../test/loopback.ts";
import { dialTcp } from "./dial.ts";

test("send() takes text and bytes, and counts what the kernel took", async () => {
  await using pair = await openPair();
  await pair.connection.send("tév");
  await pair.connection.send(new Uint8Array([33]));
  await pair.connection.send("");
  await pair.connection.end();
  assert.equal(await receiveText(pair.peer), "tév!");
  assert.equal(pair.connection.bytesSent, 5);
});

test("send() waits for a peer that does not read, and goes on when it does", async () => {
  await using pair = await openPair();
  const data = Buffer.alloc(64 * 1_048_576, 7);
  let isTaken = false;
  const sending = pair.connection.send(data).then(() => {
    isTaken = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(isTaken, false);
  let received = 0;
  pair.peer.on("data", (chunk) => {
    received += chunk.length;
  });
  await sending;
  await eventually(() => received === data.length);
});

test("send() refuses with SEND_BUFFER_FULL what nobody awaited, and keeps the order of the rest", async () => {
  await using pair = await openPair({ maxUnsentBytes: 1_000 });
  const first = pair.connection.send(Buffer.alloc(64 * 1_048_576, "a"));
  const second = pair.connection.send("b");
  assert.equal(await failure(second), "SEND_BUFFER_FULL");
  let last = "";
  pair.peer.on("data", (chunk) => {
    last = String.fromCharCode(chunk.at(-1) ?? 0);
  });
  await first;
  await pair.connection.send("c");
  await eventually(() => last === "c");
});

test("end() sends FIN, and reading goes on", async () => {
  await using pair = await openPair();
  await pair.connection.end();
  pair.peer.resume();
  await once(pair.peer, "end");
  pair.peer.end("late");
  assert.equal((await pair.connection.read())?.toString(), "late");
  assert.equal(await pair.connection.read(), undefined);
  assert.equal(await pair.connection.closed, "local");
});

test("end() may be called twice, and send() after it is refused", async () => {
  await using pair = await openPair();
  await Promise.all([pair.connection.end(), pair.connection.end()]);
  assert.equal(await failure(pair.connection.send("x")), "CONNECTION_CLOSED");
});

test("send() goes on after the peer has ended its side", async () => {
  await using pair = await openPair();
  pair.peer.end("request");
  assert.equal((await pair.connection.read())?.toString(), "request");
  assert.equal(await pair.connection.read(), undefined);
  await pair.connection.send("reply");
  const [reply] = (await once(pair.peer, "data")) as [Buffer];
  assert.equal(reply.toString(), "reply");
});

test("a handler that returns ends its connection after all that it sent", async () => {
  const reply = Buffer.alloc(4 * 1_048_576, 1);
  await using listener = await listenLoopback(async (connection) => {
    await connection.readLine(100);
    void connection.send(reply).catch(() => {});
  });
  const peer = await dialPlain(listener);
  peer.write("go\nand more that nobody reads");
  let received = 0;
  for await (const chunk of peer) received += (chunk as Buffer).length;
  assert.equal(received, reply.length);
});

test("dialTcp() and listenTcp() carry any bytes both ways", async () => {
  await using listener = await listenLoopback(echo);
  const { host, port } = listener.address;
  await using client = await dialTcp({ host, port, connectTimeoutMs: 60_000 });
  const data = Buffer.alloc(3_000_000, "0123456789abcdef");
  const sending = client.send(data).then(() => client.end());
  const received = await client.readExactly(data.length);
  await sending;
  assert.ok(received.equals(data));
  assert.equal(await client.read(), undefined);
  assert.equal(await client.closed, "local");
});

test("setNoDelay() and setKeepAlive() may be called in every state", async () => {
  await using pair = await openPair({ keepAliveMs: 60_000, noDelay: false });
  const change = () => {
    pair.connection.setNoDelay(true);
    pair.connection.setKeepAlive(true, 30_000);
    pair.connection.setKeepAlive(false);
  };
  change();
  pair.connection.close();
  change();
  await pair.connection.closed;
  change();
});

import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { dialPlain, echo, eventually, failure, gone, listenLoopback, openPair } from "../test/loopback.ts";
import { startPython, withoutPython } from "../test/python.ts";
import { createCodec } from "./codecs/mod.ts";
import type { Connection } from "./connection.ts";
import { dialTcp } from "./dial.ts";

const connectTimeoutMs = 60_000;

test("a reset fails the read that waits, and closed says peer-reset", async () => {
  await using pair = await openPair();
  const reading = failure(pair.connection.read());
  pair.peer.resetAndDestroy();
  assert.equal(await reading, "CONNECTION_RESET");
  assert.equal(await pair.connection.closed, "peer-reset");
  assert.equal(await failure(pair.connection.read()), "CONNECTION_RESET");
  assert.equal(await failure(pair.connection.send("x")), "CONNECTION_RESET");
  assert.equal(await failure(pair.connection.end()), "CONNECTION_RESET");
});

test("a reset is seen while nobody reads, and what came before it is still given", async () => {
  await using pair = await openPair();
  pair.peer.write("before");
  await eventually(() => pair.connection.bytesReceived === 6);
  pair.peer.resetAndDestroy();
  await pair.connection.peerEnded;
  assert.equal(await pair.connection.closed, "peer-reset");
  assert.equal((await pair.connection.read())?.toString(), "before");
  assert.equal(await failure(pair.connection.read()), "CONNECTION_RESET");
});

test("an end is seen while nobody reads, behind up to one chunk of unread bytes", async () => {
  await using pair = await openPair({ maxChunkBytes: 10_000 });
  pair.peer.end(Buffer.alloc(9_999, "x"));
  await pair.connection.peerEnded;
  assert.equal(pair.connection.bytesReceived, 9_999);
  assert.equal((await pair.connection.readExactly(9_999)).length, 9_999);
  assert.equal(await pair.connection.read(), undefined);
});

test("an end behind more than one chunk of unread bytes is seen once they are read", async () => {
  await using pair = await openPair();
  pair.peer.end(Buffer.alloc(5_000_000));
  await eventually(() => pair.connection.bytesReceived > 0);
  await pair.connection.readExactly(5_000_000);
  await pair.connection.peerEnded;
  assert.equal(await pair.connection.read(), undefined);
});

test("a reset behind a full read-ahead loses nothing that was read ahead", async () => {
  await using pair = await openPair({ maxChunkBytes: 1_000 });
  pair.peer.write(Buffer.alloc(1_000, "x"));
  await eventually(() => pair.connection.bytesReceived === 1_000);
  const sending = failure(pair.connection.send(Buffer.alloc(64 * 1_048_576)));
  pair.peer.resetAndDestroy();
  assert.equal(await sending, "CONNECTION_RESET");
  assert.equal(await pair.connection.closed, "peer-reset");
  assert.equal((await pair.connection.readExactly(1_000)).length, 1_000);
  assert.equal(await failure(pair.connection.read()), "CONNECTION_RESET");
});

test("nobody reads: no more than a chunk of read-ahead and one read of the kernel is taken", async () => {
  await using pair = await openPair({ maxChunkBytes: 4_096 });
  pair.peer.write(Buffer.alloc(32 * 1_048_576));
  await eventually(() => pair.connection.bytesReceived > 0);
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(pair.connection.bytesReceived <= 4_096 + 65_536, `${pair.connection.bytesReceived}`);
  const taken = pair.connection.bytesReceived;
  await pair.connection.readExactly(taken + 1);
  assert.ok(pair.connection.bytesReceived > taken);
});

test("byte by byte, and the frames are the same", async () => {
  const codec = createCodec({ name: "lines", maxFrameBytes: 100, oversize: "close" });
  await using pair = await openPair({ noDelay: true });
  pair.peer.setNoDelay(true);
  const frames: string[] = [];
  const reading = (async () => {
    for await (const frame of pair.connection.frames(codec)) frames.push(frame.toString());
  })();
  for (const [index, byte] of [..."one\ntwo\r\nthree"].entries()) {
    pair.peer.write(byte);
    await eventually(() => pair.connection.bytesReceived === index + 1);
  }
  pair.peer.end();
  await reading;
  assert.deepEqual(frames, ["one", "two", "three"]);
});

test("a peer that never reads is closed by sendMs with a reset, and others are served", async () => {
  const reasons: string[] = [];
  await using listener = await listenLoopback(
    async (connection) => {
      const line = await connection.readLine(100);
      if (line === "flood") await failure(connection.send(Buffer.alloc(64 * 1_048_576)));
      else await connection.send("fine\n");
      reasons.push(await connection.closed);
    },
    { limits: { sendMs: 250 } },
  );
  const mute = await dialPlain(listener);
  const errors: string[] = [];
  mute.on("error", (error) => errors.push(error.message));
  mute.write("flood\n");
  const { host, port } = listener.address;
  await using other = await dialTcp({ host, port, connectTimeoutMs });
  await other.send("x\n");
  assert.equal(await other.readLine(10), "fine");
  await eventually(() => reasons.length > 0);
  assert.deepEqual(reasons, ["send-timeout"]);
  await gone(mute);
  assert.deepEqual(errors, ["read ECONNRESET"]);
});

test("a connection that is dead when it is accepted ends by itself", async () => {
  await using listener = await listenLoopback(echo);
  const { host, port } = listener.address;
  let closed = 0;
  for (let count = 0; count < 50; count++) {
    const peer = connect({ host, port });
    peer.on("error", () => {}).on("close", () => closed++);
    peer.once("connect", () => peer.resetAndDestroy());
  }
  await eventually(() => closed === 50 && listener.stats.accepted + listener.stats.abandoned === 50);
  await eventually(() => listener.connections.count === 0);
  assert.equal(listener.stats.failed, 0);
});

const states: Record<string, (connection: Connection) => Promise<unknown>> = {
  open: async () => {},
  reading: async (connection) => {
    void connection.read().catch(() => {});
  },
  sending: async (connection) => {
    void connection.send(Buffer.alloc(64 * 1_048_576)).catch(() => {});
  },
  "half-closed": (connection) => connection.end(),
  "not reading any more": async (connection) => connection.stopReading(),
  "a stream": async (connection) => connection.stream().on("error", () => {}),
  closing: async (connection) => connection.close(),
  closed: async (connection) => {
    connection.close("total-timeout");
    await connection.closed;
  },
};

for (const [name, enter] of Object.entries(states)) {
  test(`disposing a connection that is ${name} closes it once`, async () => {
    await using pair = await openPair();
    await enter(pair.connection);
    const reasons = [pair.connection.closed, pair.connection.closed];
    await Promise.all([pair.connection[Symbol.asyncDispose](), pair.connection[Symbol.asyncDispose]()]);
    const [first, second] = await Promise.all(reasons);
    assert.equal(first, name === "closed" ? "total-timeout" : "local");
    assert.equal(second, first);
    assert.equal(await pair.connection.closed, first);
    await pair.connection.peerEnded;
    pair.connection.close("error");
    pair.connection.stopReading();
    assert.equal(await pair.connection.closed, first);
  });
}

test("dialTcp() gives up when its signal fires, before and while it dials", async () => {
  const reason = new Error("enough");
  const dial = (signal: AbortSignal) => dialTcp({ host: "127.0.0.1", port: 1, connectTimeoutMs, signal });
  await assert.rejects(dial(AbortSignal.abort(reason)), reason);
  const stop = new AbortController();
  const dialling = dial(stop.signal);
  stop.abort(reason);
  await assert.rejects(dialling, reason);
});

// A listener that takes nobody: with its backlog full, the kernel leaves further calls without an answer.
const muteListener = `
import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0)
print(s.getsockname()[1], flush=True)
sys.stdin.read()
`;

test("dialTcp() gives up after connectTimeoutMs", { skip: withoutPython }, async () => {
  const python = startPython(muteListener);
  const port = Number(await python.line());
  const fillers = Array.from({ length: 4 }, () => connect({ host: "127.0.0.1", port }).on("error", () => {}));
  await eventually(() => fillers.some((filler) => !filler.connecting));
  assert.equal(await failure(dialTcp({ host: "127.0.0.1", port, connectTimeoutMs: 100 })), "TIMED_OUT");
  for (const filler of fillers) filler.destroy();
  await python.end();
});

test("the signal of a dial has no effect on the connection that it made", async () => {
  await using listener = await listenLoopback(echo);
  const { host, port } = listener.address;
  const stop = new AbortController();
  await using client = await dialTcp({ host, port, connectTimeoutMs, signal: stop.signal });
  stop.abort();
  await client.send("x");
  assert.equal((await client.readExactly(1)).toString(), "x");
});

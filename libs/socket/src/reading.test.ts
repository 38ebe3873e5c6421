import assert from "node:assert/strict";
import { test } from "node:test";
import { collect, eventually, failure, openPair, receiveText } from "../test/loopback.ts";
import { createCodec } from "./codecs/mod.ts";
import { FramingError, SocketError } from "./errors.ts";

const lines = createCodec({ name: "lines", maxFrameBytes: 100, oversize: "close" });

test("read() gives chunks as they come and undefined at the end", async () => {
  await using pair = await openPair();
  pair.peer.end("hello");
  assert.equal((await pair.connection.read())?.toString(), "hello");
  assert.equal(await pair.connection.read(), undefined);
  assert.equal(await pair.connection.read(), undefined);
  assert.equal(pair.connection.bytesReceived, 5);
});

test("read() gives at most maxChunkBytes", async () => {
  await using pair = await openPair({ maxChunkBytes: 3 });
  pair.peer.end("abcdefgh");
  const chunks: string[] = [];
  for (let chunk = await pair.connection.read(); chunk; chunk = await pair.connection.read()) {
    chunks.push(chunk.toString());
  }
  assert.deepEqual(chunks, ["abc", "def", "gh"]);
});

test("read() refuses a second reader", async () => {
  await using pair = await openPair();
  const first = pair.connection.read();
  assert.equal(await failure(pair.connection.read()), "ALREADY_READING");
  pair.peer.write("x");
  assert.equal((await first)?.toString(), "x");
});

test("readExactly() gives so many bytes however they come", async () => {
  await using pair = await openPair();
  const read = pair.connection.readExactly(6);
  pair.peer.write("abc");
  await new Promise((resolve) => setImmediate(resolve));
  pair.peer.end("defgh");
  assert.equal((await read).toString(), "abcdef");
  assert.equal(await failure(pair.connection.readExactly(3)), "UNEXPECTED_END");
  assert.equal((await pair.connection.read())?.toString(), "gh");
});

test("readUntil() gives up to and with the delimiter, and counts it", async () => {
  await using pair = await openPair();
  pair.peer.end("abc\r\nde--");
  assert.equal((await pair.connection.readUntil("\r\n", 5)).toString(), "abc\r\n");
  assert.equal((await pair.connection.readUntil(Buffer.from("--"), 100)).toString(), "de--");
  assert.equal(await failure(pair.connection.readUntil("\n", 100)), "UNEXPECTED_END");
});

test("readUntil() finds a delimiter that comes in two pieces", async () => {
  await using pair = await openPair();
  const read = pair.connection.readUntil("\r\n", 10);
  pair.peer.write("abc\r");
  await eventually(() => pair.connection.bytesReceived === 4);
  pair.peer.write("\nrest");
  assert.equal((await read).toString(), "abc\r\n");
});

test("readUntil() raises LINE_TOO_LONG before the delimiter comes", async () => {
  await using pair = await openPair();
  pair.peer.write("abcdef");
  assert.equal(await failure(pair.connection.readUntil("\n", 6)), "LINE_TOO_LONG");
  await using other = await openPair();
  other.peer.write("abcdef\n");
  assert.equal(await failure(other.connection.readUntil("\n", 6)), "LINE_TOO_LONG");
});

test("readLine() gives lines without their ending and the rest at the end", async () => {
  await using pair = await openPair();
  pair.peer.end("one\r\n\ntwo\nthr\u00e9e");
  const got: (string | undefined)[] = [];
  for (let count = 0; count < 6; count++) got.push(await pair.connection.readLine(100));
  assert.deepEqual(got, ["one", "", "two", "thrée", undefined, undefined]);
});

test("batches() gives all complete frames of a chunk and the unterminated rest at the end", async () => {
  await using pair = await openPair();
  pair.peer.end("a\nbb\nccc");
  const frames: string[] = [];
  for await (const batch of pair.connection.batches(lines)) {
    for (let index = 0; index < batch.count; index++) frames.push(batch.frame(index).toString());
  }
  assert.deepEqual(frames, ["a", "bb", "ccc"]);
});

test("frames() gives copies that may be kept", async () => {
  await using pair = await openPair();
  pair.peer.end("a\nbb\nccc\n");
  const frames = await collect(pair.connection.frames(lines));
  assert.deepEqual(frames.map(String), ["a", "bb", "ccc"]);
});

test("batches() gives the complete frames before it raises the framing error, without them", async () => {
  await using pair = await openPair();
  pair.peer.write(`ok\n${"x".repeat(200)}`);
  const frames: string[] = [];
  const error = await collect(pair.connection.frames(lines), (frame) => frames.push(frame.toString())).catch(
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FramingError);
  assert.equal(error.code, "FRAME_TOO_LARGE");
  assert.equal(error.frames, undefined);
  assert.deepEqual(frames, ["ok"]);
});

test("batches() leaves the connection to the next reader when the loop is left", async () => {
  await using pair = await openPair();
  pair.peer.write("first\n");
  for await (const batch of pair.connection.batches(lines)) {
    assert.equal(batch.frame(0).toString(), "first");
    break;
  }
  pair.peer.write("second\n");
  assert.equal(await pair.connection.readLine(100), "second");
});

test("stopReading() ends a waiting read, and batches without the unfinished rest", async () => {
  await using pair = await openPair();
  const frames: string[] = [];
  const reading = collect(pair.connection.frames(lines), (frame) => {
    frames.push(frame.toString());
    pair.connection.stopReading();
  });
  pair.peer.write("whole\npart");
  await reading;
  assert.deepEqual(frames, ["whole"]);
  assert.equal(await pair.connection.read(), undefined);
  await pair.connection.send("still sending");
});

test("stopReading() ends a read that waits", async () => {
  await using pair = await openPair();
  const reads = [pair.connection.read()];
  pair.connection.stopReading();
  assert.deepEqual(await Promise.all(reads), [undefined]);
});

test("stream() is a Node stream with both directions and half-close", async () => {
  await using pair = await openPair();
  const stream = pair.connection.stream();
  assert.equal(await failure(pair.connection.read()), "ALREADY_READING");
  pair.peer.write("ping");
  pair.peer.end();
  assert.equal(await receiveText(stream), "ping");
  stream.end("pong");
  assert.equal(await receiveText(pair.peer), "pong");
  assert.equal(await pair.connection.closed, "peer-ended");
});

test("read() raises after a local close what the close was", async () => {
  await using pair = await openPair();
  const waiting = pair.connection.read();
  pair.connection.close("drain");
  const error = await waiting.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof SocketError);
  assert.equal(error.code, "CONNECTION_CLOSED");
  assert.equal(error.data["reason"], "drain");
  assert.equal(await failure(pair.connection.read()), "CONNECTION_CLOSED");
});

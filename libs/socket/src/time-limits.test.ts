import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { ManualClock } from "@fairlead/core/manual-clock";
import {
  collect,
  dialPlain,
  eventually,
  failure,
  listenLoopback,
  openPair,
  type Pair,
} from "../test/loopback.ts";
import { createCodec } from "./codecs/mod.ts";
import type { CloseReason, Connection, ConnectionTimeLimits } from "./connection.ts";
import { sweepMs } from "./sweep.ts";

const lines = createCodec({ name: "lines", maxFrameBytes: 1_000, oversize: "drop" });

async function openWith(limits: ConnectionTimeLimits): Promise<{ pair: Pair; clock: ManualClock }> {
  const clock = new ManualClock();
  return { clock, pair: await openPair({ limits, clock }) };
}

/** Sends the byte and waits until it is received. */
async function drip(pair: Pair, text: string): Promise<void> {
  const before = pair.connection.bytesReceived;
  pair.peer.write(text);
  await eventually(() => pair.connection.bytesReceived > before);
}

const cases: {
  name: string;
  limits: ConnectionTimeLimits;
  reason: CloseReason;
  begin: (pair: Pair) => Promise<unknown>;
}[] = [
  {
    name: "firstByteMs cuts a peer that sends nothing",
    limits: { firstByteMs: 1_000 },
    reason: "first-byte-timeout",
    begin: async () => {},
  },
  {
    name: "idleMs cuts a peer after the last byte",
    limits: { idleMs: 1_000 },
    reason: "idle-timeout",
    begin: async (pair) => {
      await drip(pair, "x");
      await pair.connection.read();
    },
  },
  {
    name: "totalMs cuts whatever happens",
    limits: { totalMs: 1_000 },
    reason: "total-timeout",
    begin: (pair) => drip(pair, "x"),
  },
  {
    name: "sendMs cuts a peer that does not take what is sent",
    limits: { sendMs: 1_000 },
    reason: "send-timeout",
    begin: async (pair) => {
      pair.peer.pause();
      void pair.connection.send(Buffer.alloc(64 * 1_048_576)).catch(() => {});
    },
  },
];

for (const { name, limits, reason, begin } of cases) {
  test(name, async () => {
    const { pair, clock } = await openWith(limits);
    await using _ = pair;
    await begin(pair);
    await clock.advance(1_000);
    assert.equal(pair.listener.connections.count, 1);
    await clock.advance(2 * sweepMs);
    assert.equal(await pair.connection.closed, reason);
    assert.equal(await failure(pair.connection.read()), "TIMED_OUT");
    assert.equal(await failure(pair.connection.send("x")), "TIMED_OUT");
  });
}

const frameReaders: Record<string, (connection: Connection) => Promise<unknown>> = {
  batches: (connection) => collect(connection.batches(lines)),
  frames: (connection) => collect(connection.frames(lines)),
  readLine: (connection) => connection.readLine(1_000),
  readUntil: (connection) => connection.readUntil("\n", 1_000),
  readExactly: (connection) => connection.readExactly(1_000),
};

for (const [name, read] of Object.entries(frameReaders)) {
  test(`frameMs cuts a peer that drips one byte every five seconds into ${name}()`, async () => {
    const { pair, clock } = await openWith({ frameMs: 10_000, idleMs: 60_000 });
    await using _ = pair;
    const reading = failure(read(pair.connection));
    // Idle before the frame begins is not the frame's.
    await clock.advance(30_000);
    let drips = 0;
    for (; drips < 10 && pair.listener.connections.count > 0 && !pair.peer.closed; drips++) {
      await drip(pair, "x").catch(() => {});
      await clock.advance(5_000);
      if (drips === 2) break;
    }
    assert.equal(await reading, "TIMED_OUT");
    assert.equal(await pair.connection.closed, "frame-timeout");
  });
}

test("frameMs cuts a peer that drips into a frame that is thrown away for its size", async () => {
  const { pair, clock } = await openWith({ frameMs: 10_000, idleMs: 60_000 });
  await using _ = pair;
  const dropped: number[] = [];
  const reading = failure(collect(pair.connection.batches(lines), (batch) => dropped.push(batch.dropped)));
  await drip(pair, "x".repeat(5_000));
  for (let drips = 0; drips < 3; drips++) {
    await clock.advance(3_000);
    await drip(pair, "x");
  }
  await clock.advance(3_000);
  assert.equal(await reading, "TIMED_OUT");
  assert.equal(await pair.connection.closed, "frame-timeout");
});

test("frameMs begins anew with every frame", async () => {
  const { pair, clock } = await openWith({ frameMs: 1_000 });
  await using _ = pair;
  const frames: string[] = [];
  const reading = collect(pair.connection.frames(lines), (frame) => frames.push(frame.toString()));
  for (let count = 0; count < 5; count++) {
    await drip(pair, "x\ny");
    await clock.advance(750);
  }
  pair.peer.end();
  await reading;
  assert.deepEqual(frames, ["x", "yx", "yx", "yx", "yx", "y"]);
});

test("frameMs does not count the time that the reader takes", async () => {
  const { pair, clock } = await openWith({ frameMs: 1_000 });
  await using _ = pair;
  pair.peer.write("whole\npart");
  const batches = pair.connection.batches(lines)[Symbol.asyncIterator]();
  const first = await batches.next();
  assert.equal(first.done, false);
  await clock.advance(60_000);
  pair.peer.end("ial\n");
  const second = await batches.next();
  assert.equal(second.done ? "" : second.value.frame(0).toString(), "partial");
});

test("idleMs does not count while received bytes wait for our reader", async () => {
  const { pair, clock } = await openWith({ idleMs: 1_000 });
  await using _ = pair;
  await drip(pair, "x");
  await clock.advance(60_000);
  assert.equal((await pair.connection.read())?.toString(), "x");
});

test("lingerMs closes a connection whose handler has returned and whose peer does not end", async () => {
  const clock = new ManualClock();
  const accepted = Promise.withResolvers<Connection>();
  await using listener = await listenLoopback(
    async (connection) => {
      accepted.resolve(connection);
      await connection.readLine(100);
      await connection.send("bye");
    },
    { lingerMs: 1_000, clock },
  );
  const peer = await dialPlain(listener, true);
  peer.write("x\n");
  await once(peer.resume(), "end");
  const connection = await accepted.promise;
  // The peer goes on sending: it is thrown away, and does not keep the connection.
  peer.write("more that nobody reads");
  await eventually(() => connection.bytesReceived > 2);
  await clock.advance(750);
  assert.equal(listener.connections.count, 1);
  await clock.advance(3 * sweepMs);
  assert.equal(await connection.closed, "local");
  peer.destroy();
});

test("time limits are counted in sweeps: a loop that stood still cuts nobody", async () => {
  const clock = new ManualClock();
  await using pair = await openPair({ limits: { idleMs: 10_000 }, clock });
  // Ten minutes pass, as seen by a clock, while one sweep runs.
  clock.nowMs = () => Date.UTC(2026, 0, 1) + 600_000;
  clock.monotonicMs = clock.nowMs;
  await clock.advance(sweepMs);
  assert.equal(pair.listener.connections.count, 1);
});

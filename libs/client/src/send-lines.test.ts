import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { ManualClock } from "@fairlead/core/manual-clock";
import { eventually } from "@fairlead/harness";
import fc from "fast-check";
import { type LineBatch, lineBatchOf } from "./line-batches.ts";
import { sendLines } from "./send-lines.ts";

/** What a listener does with a connection, told of each line. Returns what it says; "" keeps it open for ever. */
type Listener = (line: string, index: number, socket: Socket) => string | undefined;

async function startListener(serve: (connection: number) => Listener, banner = "", port = 0) {
  /** Lines that were acknowledged, in order, by connection. */
  const received: string[][] = [];
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const listener = serve(received.length);
    const lines: string[] = [];
    let isMute = false;
    received.push(lines);
    sockets.push(socket);
    socket.on("error", () => {});
    if (banner !== "") socket.write(banner);
    createInterface({ input: socket })
      .on("line", (line) => {
        lines.push(line);
        const answer = listener(line, lines.length, socket);
        isMute ||= answer === "";
        if (answer && socket.writable) socket.write(answer);
      })
      .on("close", () => isMute || socket.end());
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    target: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    received,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

const acknowledge: Listener = (_, index) => `OK ${index}\n`;

async function* batches(...texts: string[][]): AsyncGenerator<LineBatch> {
  for (const lines of texts) yield lineBatchOf(lines);
}

/** No test waits for a backoff, and no time limit runs out before a test says so. */
const impatientClock = () => Object.assign(new ManualClock(), { sleep: async () => {} });
const ackTimeoutMs = 1_000;

test("sendLines() resolves when every line is acknowledged", async () => {
  await using listener = await startListener(() => acknowledge, "welcome\n");
  const progress: number[] = [];
  const result = await sendLines({
    ...listener.target,
    lines: batches(["a", "b"], ["c"]),
    onProgress: ({ acknowledged }) => void progress.push(acknowledged),
  });
  assert.deepEqual(result, { acknowledged: 3, acknowledgedBytes: 6 });
  assert.deepEqual(listener.received, [["a", "b", "c"]]);
  assert.equal(progress.at(-1), 3);
});

test("sendLines() dials nobody when there is nothing to send", async () => {
  const result = await sendLines({ host: "127.0.0.1", port: 1, lines: batches() });
  assert.deepEqual(result, { acknowledged: 0, acknowledgedBytes: 0 });
});

const breaks: readonly { name: string; listener: Listener; reason: RegExp; isSilent?: boolean }[] = [
  {
    name: "the peer ends",
    listener: (_, index, socket) => (index === 2 ? void socket.end("OK 1\n") : undefined),
    reason: /^the peer ended the connection$/,
  },
  {
    name: "the peer resets",
    listener: (_, index, socket) =>
      index === 2
        ? void socket.write("OK 1\n", () => setImmediate(() => socket.resetAndDestroy()))
        : undefined,
    reason: /reset|ended/,
  },
  {
    name: "the listener refuses",
    listener: (_, index, socket) =>
      index === 2 ? void socket.end("OK 1\nERR LOG_FULL no room\n") : undefined,
    reason: /^ERR LOG_FULL no room$/,
  },
  {
    name: "the acknowledgement does not come",
    listener: (_, index) => (index === 2 ? "OK 1\n" : ""),
    reason: /^nothing acknowledged within 1000 ms$/,
    isSilent: true,
  },
];

for (const { name, listener: breaking, reason, isSilent } of breaks) {
  test(`sendLines() goes on behind the last acknowledged line when ${name}`, async () => {
    await using listener = await startListener((connection) => (connection === 0 ? breaking : acknowledge));
    const reasons: string[] = [];
    const clock = impatientClock();
    const result = await sendLines({
      ...listener.target,
      lines: batches(["a", "b", "c"]),
      ackTimeoutMs,
      clock,
      onProgress: ({ acknowledged }) => {
        // Behind the last acknowledgement, when the next is waited for.
        if (isSilent && acknowledged === 1) setImmediate(() => clock.advance(ackTimeoutMs));
      },
      onReconnect: (why) => void reasons.push(why),
    });
    assert.equal(result.acknowledged, 3);
    assert.deepEqual(listener.received[1], ["b", "c"]);
    assert.equal(reasons.length, 1);
    assert.match(String(reasons[0]), reason);
  });
}

test("sendLines() raises NOT_ACKNOWLEDGED and says how many were when no attempt brings more", async () => {
  await using listener = await startListener((connection) => (_, index, socket) => {
    if (connection === 0 && index === 1) return "OK 1\n";
    return void socket.end("ERR LOG_FULL no room\n");
  });
  const sending = sendLines({
    ...listener.target,
    lines: batches(["a"], ["b"]),
    maxAttempts: 3,
    clock: impatientClock(),
  });
  await assert.rejects(sending, (error: Error & { code: string; data: object }) => {
    assert.equal(error.code, "NOT_ACKNOWLEDGED");
    assert.deepEqual(error.data, { acknowledged: 1 });
    assert.match(error.message, /1 acknowledged, then: ERR LOG_FULL no room$/);
    return true;
  });
  assert.equal(listener.received.length, 3);
});

test("sendLines() gives up at once when the same line would be refused again", async () => {
  await using listener = await startListener(
    () => (_, __, socket) => void socket.end("ERR FRAME_TOO_LARGE cap 3\n"),
  );
  const sending = sendLines({ ...listener.target, lines: batches(["abcd"]), clock: impatientClock() });
  await assert.rejects(sending, { code: "NOT_ACKNOWLEDGED" });
  assert.equal(listener.received.length, 1);
});

test("sendLines() goes on and tells when the listener cuts a line", async () => {
  await using listener = await startListener(
    () => (_, index) => `ERR FRAME_TRUNCATED 1 record\nOK ${index}\n`,
  );
  const notices: string[] = [];
  const onNotice = (text: string) => void notices.push(text);
  const result = await sendLines({ ...listener.target, lines: batches(["abcd"]), onNotice });
  assert.equal(result.acknowledged, 1);
  assert.deepEqual(notices, ["ERR FRAME_TRUNCATED 1 record"]);
});

test("sendLines() raises UNREACHABLE when nothing listens at any attempt", async () => {
  const listener = await startListener(() => acknowledge);
  await listener[Symbol.asyncDispose]();
  const reasons: string[] = [];
  const sending = sendLines({
    ...listener.target,
    lines: batches(["a"]),
    maxAttempts: 3,
    clock: impatientClock(),
    onReconnect: (why) => void reasons.push(why),
  });
  await assert.rejects(sending, { code: "UNREACHABLE", message: /connection refused\. Is it running/ });
  assert.deepEqual(reasons, ["connection refused", "connection refused"]);
});

test("sendLines() sends everything when somebody listens only after the first dial", async () => {
  const before = await startListener(() => acknowledge);
  await before[Symbol.asyncDispose]();
  const started: Awaited<ReturnType<typeof startListener>>[] = [];
  const sleep = async () => void started.push(await startListener(() => acknowledge, "", before.target.port));
  const clock = Object.assign(new ManualClock(), { sleep });
  const result = await sendLines({ ...before.target, lines: batches(["a"]), maxAttempts: 2, clock });
  assert.equal(result.acknowledged, 1);
  assert.equal(started.length, 1);
  await started[0]?.[Symbol.asyncDispose]();
});

test("sendLines() raises UNREACHABLE at once for a name that is not known", async () => {
  // A label of 64 is longer than DNS allows: no name server is asked.
  const target = { host: `${"a".repeat(64)}.invalid`, port: 1 };
  const onReconnect = () => assert.fail("tried again");
  await assert.rejects(
    sendLines({ ...target, lines: batches(["a"]), clock: impatientClock(), onReconnect }),
    {
      code: "UNREACHABLE",
      message: /the name is not known/,
    },
  );
});

test("sendLines() raises what its source raises", async () => {
  await using listener = await startListener(() => acknowledge);
  async function* broken(): AsyncGenerator<LineBatch> {
    yield lineBatchOf(["a"]);
    throw new Error("cannot read on");
  }
  await assert.rejects(sendLines({ ...listener.target, lines: broken() }), { message: "cannot read on" });
});

test("sendLines() stops with the reason of its signal", async () => {
  await using listener = await startListener(() => () => "");
  const stop = new AbortController();
  const sending = sendLines({ ...listener.target, lines: batches(["a"]), signal: stop.signal });
  while (listener.received[0]?.length !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error("enough"));
  await assert.rejects(sending, { message: "enough" });
});

test("sendLines() takes no more from its source than its window when nothing is acknowledged", async () => {
  await using listener = await startListener(() => () => undefined);
  let pulled = 0;
  async function* endless(): AsyncGenerator<LineBatch> {
    for (;;) {
      pulled++;
      yield lineBatchOf(["x".repeat(99)]);
    }
  }
  const clock = impatientClock();
  const sending = sendLines({
    ...listener.target,
    lines: endless(),
    windowBytes: 1_000,
    ackTimeoutMs,
    maxAttempts: 3,
    clock,
  });
  const refused = assert.rejects(sending, { code: "NOT_ACKNOWLEDGED" });
  for (let connections = 1; connections <= 3; connections++) {
    await eventually(() => (listener.received[connections - 1]?.length ?? 0) >= 10, "a full window");
    await clock.advance(ackTimeoutMs);
  }
  await refused;
  assert.ok(pulled <= 11, `pulled ${pulled}`);
});

test("sendLines() brings every line in order, whatever breaks after whatever was acknowledged", async () => {
  const breakAt = fc.record({
    lines: fc.integer({ min: 1, max: 6 }),
    unacknowledged: fc.integer({ min: 0, max: 3 }),
  });
  const shape = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(breakAt, { maxLength: 5 }), shape, async (plan, sizes) => {
      const durable: string[] = [];
      await using listener = await startListener((connection) => {
        const limit = plan[connection];
        return (line, index, socket) => {
          if (limit !== undefined && index > limit.lines - limit.unacknowledged) {
            if (index === limit.lines) socket.end();
            return undefined;
          }
          durable.push(line);
          if (index !== limit?.lines) return `OK ${index}\n`;
          return void socket.end(`OK ${index}\n`);
        };
      });
      let next = 0;
      const texts = sizes.map((size) => Array.from({ length: size }, () => String(next++)));
      const result = await sendLines({
        ...listener.target,
        lines: batches(...texts),
        clock: impatientClock(),
      });
      assert.equal(result.acknowledged, next);
      assert.deepEqual(durable, texts.flat());
    }),
    { numRuns: 40 },
  );
});

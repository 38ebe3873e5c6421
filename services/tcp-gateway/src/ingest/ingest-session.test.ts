import assert from "node:assert/strict";
import { test } from "node:test";
import { BusError } from "@fairlead/bus";
import { Credit, drainEnding } from "@fairlead/ingress";
import { FramingError, SocketError } from "@fairlead/socket";
import { batchOf, settle, stage } from "../../test/fakes.ts";

test("run() acknowledges every record once it is durable, and the rest before it resolves", async () => {
  const { connection, publishes, session, run } = stage({ banner: "hello\r\n" });
  connection.receive(batchOf(["a", "b"]), batchOf(["c"]), "end");
  await settle();
  assert.equal(connection.sent, "hello\r\n");
  assert.deepEqual(
    publishes.map(({ event }) => [event.subject, event.extensions, event.data.toString()]),
    [
      ["connection-1", { recordcount: 2, firstseq: 1 }, "a\nb\n"],
      ["connection-1", { recordcount: 1, firstseq: 3 }, "c\n"],
    ],
  );
  publishes[0]!.confirm();
  await settle();
  assert.equal(connection.sent, "hello\r\nOK 2\n");
  assert.equal(session.pendingRecords, 1);
  publishes[1]!.confirm();
  await run;
  assert.equal(connection.sent, "hello\r\nOK 2\nOK 3\n");
  assert.equal(session.ending, undefined);
});

test("run() acknowledges only what has no gap when publishes finish out of order", async () => {
  const { connection, publishes, run } = stage();
  connection.receive(batchOf(["1"]), batchOf(["2"]), batchOf(["3"]), "end");
  await settle();
  publishes[2]!.confirm();
  publishes[1]!.confirm();
  await settle();
  assert.equal(connection.sent, "");
  publishes[0]!.confirm();
  await run;
  assert.equal(connection.sent, "OK 3\n");
});

test("run() writes one OK for publishes that are confirmed together", async () => {
  const { connection, publishes, run } = stage();
  connection.receive(...Array.from({ length: 50 }, () => batchOf(["x", "y"])), "end");
  await settle();
  for (const publish of publishes) publish.confirm();
  await run;
  assert.equal(connection.sent, "OK 100\n");
});

test("run() acknowledges what is durable before a refused batch, says ERR, and acknowledges nothing behind it", async () => {
  const { connection, listener, publishes, failures, session, run } = stage();
  connection.receive(batchOf(["1"]), batchOf(["2", "3"]), batchOf(["4"]));
  await settle();
  publishes[1]!.refuse(
    new BusError("LOG_FULL", "Cannot publish an event: the log is full", { retryable: true }),
  );
  await settle();
  assert.equal(connection.isReadingStopped, true);
  assert.equal(connection.sent, "", "the batch before is not decided yet");
  publishes[0]!.confirm();
  await settle();
  assert.equal(connection.sent, "OK 1\nERR LOG_FULL the log is full; send again later\n");
  publishes[2]!.confirm();
  await run;
  assert.equal(connection.sent, "OK 1\nERR LOG_FULL the log is full; send again later\n");
  assert.equal(session.records, 1);
  assert.deepEqual(session.rejected, { "log-full": 2 });
  assert.deepEqual(listener.ledger.snapshot().published, { count: 2, bytes: 2 });
  assert.deepEqual(listener.ledger.snapshot().pending, { count: 0, bytes: 0 });
  assert.equal(failures.length, 1);
});

test("run() tells of an error that is not ours without its text", async () => {
  const { connection, publishes, run } = stage();
  connection.receive(batchOf(["1"]));
  await settle();
  publishes[0]!.refuse(new Error("/var/lib/secret: no such file"));
  await run;
  assert.equal(connection.sent, "ERR INTERNAL the service failed; see its log\n");
});

test("run() publishes the frames before a framing error, acknowledges them and says ERR", async () => {
  const { connection, listener, publishes, run } = stage();
  const error = new FramingError("FRAME_TOO_LARGE", "Cannot take a frame: over 100 bytes", {
    frames: batchOf(["good"]),
  });
  connection.receive(batchOf(["first"]), error);
  await settle();
  for (const publish of publishes) publish.confirm();
  await run;
  assert.equal(connection.sent, "OK 2\nERR FRAME_TOO_LARGE Cannot take a frame: over 100 bytes\n");
  assert.deepEqual(listener.ledger.snapshot().received, { count: 3, bytes: 9 });
  assert.deepEqual(listener.ledger.snapshot().rejected, { "frame-too-large": { count: 1, bytes: 0 } });
});

test("run() tells of dropped frames before any OK that they shift, and never counts them", async () => {
  const { connection, publishes, listener, run } = stage();
  connection.receive(batchOf(["1", "2"]), batchOf(["4"], 1), batchOf(["5"]), "end");
  await settle();
  for (const publish of publishes) publish.confirm();
  await run;
  const dropped =
    "ERR FRAME_DROPPED 1 frame after record 2 dropped and not counted: over 100 bytes or no frame\n";
  assert.equal(connection.sent, `OK 2\n${dropped}OK 4\n`);
  assert.deepEqual(listener.ledger.snapshot().rejected, { dropped: { count: 1, bytes: 0 } });
});

test("run() tells of cut frames before the OK that counts them", async () => {
  const { connection, publishes, listener, run } = stage();
  connection.receive(batchOf(["1", "2"], 0, 1), "end");
  await settle();
  publishes[0]!.confirm();
  await run;
  assert.equal(
    connection.sent,
    "ERR FRAME_TRUNCATED 1 frame after record 0 cut to 100 bytes and counted\nOK 2\n",
  );
  assert.equal(listener.counts.truncated, 1);
});

test("run() does not read while the connection's unconfirmed bytes are at the credit", async () => {
  const { connection, publishes, run } = stage({ creditBytes: 3_000 });
  for (let i = 0; i < 10; i++) connection.receive(batchOf(["x".repeat(500)]));
  connection.receive("end");
  await settle();
  assert.equal(publishes.length, 2, "500 bytes and the overhead, twice, are over 3,000");
  publishes[0]!.confirm();
  await settle();
  assert.equal(publishes.length, 3);
  for (let i = 1; i < 10; i++) {
    publishes[i]!.confirm();
    await settle();
  }
  await run;
  assert.match(connection.sent, /OK 10\n$/);
});

test("run() publishes nothing while the credit of all connections is used up", async () => {
  const credit = new Credit(1_000);
  credit.take(1_000);
  const { connection, publishes, run } = stage({ credit });
  connection.receive(batchOf(["1"]), batchOf(["2"]), "end");
  await settle();
  assert.equal(publishes.length, 0);
  credit.release(1_000);
  await settle();
  assert.equal(publishes.length, 1, "one batch takes all of it");
  publishes[0]!.confirm();
  await settle();
  publishes[1]!.confirm();
  await run;
  assert.equal(credit.usedBytes, 0);
  assert.equal(credit.waiting, 0);
});

test("run() does not read while the peer takes no acknowledgement, and writes one OK for all when it does", async () => {
  const { connection, publishes, run } = stage();
  connection.block();
  connection.receive(batchOf(["1"]), batchOf(["2"]));
  await settle();
  publishes[0]!.confirm();
  await settle();
  connection.receive(batchOf(["3"]), batchOf(["4"]), "end");
  await settle();
  assert.equal(connection.sends, 1);
  assert.equal(publishes.length, 3, "one read was under way when the peer stopped");
  publishes[1]!.confirm();
  publishes[2]!.confirm();
  await settle();
  assert.equal(connection.sends, 1, "nothing is sent to a peer that does not take it");
  connection.unblock();
  await settle();
  assert.equal(connection.sent, "OK 1\nOK 3\n");
  publishes[3]!.confirm();
  await run;
});

test("run() ends when a peer that takes nothing is cut at the send limit", async () => {
  const { connection, publishes, session, run } = stage();
  connection.block();
  connection.receive(batchOf(["1"]));
  await settle();
  publishes[0]!.confirm();
  await settle();
  connection.cut(new SocketError("TIMED_OUT", "Cannot send: not taken within 30 s"));
  await run;
  assert.equal(session.records, 1);
});

test("run() makes durable what was taken when the peer resets", async () => {
  const { connection, publishes, listener, run } = stage();
  connection.receive(batchOf(["1"]), new SocketError("CONNECTION_RESET", "Cannot read: reset"));
  await settle();
  publishes[0]!.confirm();
  await run;
  assert.deepEqual(listener.ledger.snapshot().published, { count: 1, bytes: 1 });
});

test("stop() takes nothing more, acknowledges what was taken and says why", async () => {
  const { connection, publishes, session, run } = stage();
  connection.receive(batchOf(["1"]), batchOf(["2"]));
  await settle();
  session.stop(drainEnding);
  session.stop({ code: "CLOSED", text: "too late", reason: "local" });
  await settle();
  assert.equal(connection.sent, "");
  for (const publish of publishes) publish.confirm();
  await run;
  assert.equal(connection.sent, `OK 2\nERR DRAINING ${drainEnding.text}\n`);
});

test("stop() wakes a session that waits for credit", async () => {
  const { connection, publishes, session, run } = stage({ creditBytes: 10 });
  connection.receive(batchOf(["x".repeat(10)]), batchOf(["never"]));
  await settle();
  session.stop(drainEnding);
  publishes[0]!.confirm();
  await run;
  assert.equal(publishes.length, 1);
});

test("run() cuts a batch over the bounds into several events, in order", async () => {
  const { connection, publishes, run } = stage({ maxBatchRecords: 2, maxBatchBytes: 10 });
  connection.receive(batchOf(["1", "2", "3", "x".repeat(20), "45678", "90123", "4"]), "end");
  await settle();
  assert.deepEqual(
    publishes.map(({ event }) => event.data.toString().trimEnd().split("\n").length),
    [2, 1, 1, 2, 1],
  );
  for (const publish of publishes) publish.confirm();
  await run;
  assert.equal(connection.sent, "OK 7\n");
});

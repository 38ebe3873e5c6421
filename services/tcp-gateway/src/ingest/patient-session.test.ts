/** Sessions of a listener without acknowledgements. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BusError } from "@fairlead/bus";
import { drainEnding } from "@fairlead/ingress";
import { batchOf, patienceOf, settle, stage } from "../../test/fakes.ts";

const full = () => new BusError("LOG_FULL", "Cannot publish: the log is full");

test("run() without acks sends nothing at all, not even why it closes", async () => {
  const { connection, publishes, session, run } = stage({ patience: patienceOf().patience });
  connection.receive(batchOf(["a"], 1), batchOf(["b"]));
  await settle();
  publishes[0]!.confirm();
  await settle();
  publishes[1]!.refuse(new BusError("EVENT_TOO_LARGE", "Cannot publish: too large"));
  await run;
  assert.equal(connection.sent, "");
  assert.equal(session.ending?.code, "EVENT_TOO_LARGE");
  assert.equal(session.records, 1);
  assert.deepEqual(session.rejected, { dropped: 1, "event-too-large": 1 });
});

test("run() without acks keeps what the bus refuses, tries it again in order, and reads nothing meanwhile", async () => {
  const { patience, clock, held } = patienceOf();
  const { connection, listener, publishes, session, failures, run } = stage({ patience });
  connection.receive(batchOf(["1"]), batchOf(["2"]));
  await settle();
  assert.equal(publishes.length, 1, "one at a time");
  publishes[0]!.refuse(full());
  await settle();
  const { reads } = connection;
  connection.receive(batchOf(["3"]), batchOf(["4"]), "end");
  for (let attempt = 1; attempt < 4; attempt++) {
    await clock.advance(2_000);
    assert.equal(publishes.length, attempt + 1);
    publishes[attempt]!.refuse(full());
    await settle();
  }
  assert.ok(connection.reads <= reads + 1, "at most the read that was under way");
  assert.equal(session.ending, undefined);
  assert.deepEqual(
    listener.ledger.snapshot().pending.count + listener.ledger.snapshot().published.count,
    listener.ledger.snapshot().received.count,
  );
  await clock.advance(2_000);
  for (let index = 4; index < 8; index++) {
    publishes[index]!.confirm();
    await settle();
  }
  await run;
  const texts = publishes.map(({ event }) => event.data.toString());
  assert.deepEqual(texts, ["1\n", "1\n", "1\n", "1\n", "1\n", "2\n", "3\n", "4\n"]);
  assert.equal(
    new Set(publishes.slice(0, 5).map(({ event }) => event.id)).size,
    1,
    "the same event each time",
  );
  assert.deepEqual(listener.ledger.snapshot().published, { count: 4, bytes: 4 });
  assert.deepEqual(listener.ledger.snapshot().rejected, {});
  assert.equal(held.length, 4);
  assert.equal(failures.length, 0);
});

test("run() without acks takes nothing while the bus says that it would refuse, and goes on when it does not", async () => {
  const { patience, bus, clock } = patienceOf();
  bus.condition = { canAccept: false };
  const { connection, listener, publishes, run } = stage({ patience });
  connection.receive(batchOf(["1"]), "end");
  await settle();
  await clock.advance(10_000);
  assert.equal(publishes.length, 0);
  assert.equal(listener.ledger.snapshot().received.count, 0);
  bus.condition = {};
  await clock.advance(250);
  assert.equal(publishes.length, 1);
  publishes[0]!.confirm();
  await run;
});

test("run() without acks gives up what is refused when the time to stop is over, counts it, and closes", async () => {
  const { patience, clock, givingUp } = patienceOf();
  const { connection, listener, publishes, session, run } = stage({ patience });
  connection.receive(batchOf(["1", "2"]), batchOf(["3"]));
  await settle();
  publishes[0]!.refuse(full());
  await settle();
  session.stop(drainEnding);
  await clock.advance(2_000);
  assert.equal(publishes.length, 2, "the drain goes on trying");
  publishes[1]!.refuse(full());
  await settle();
  givingUp.abort();
  for (let index = 2; index < 4; index++) {
    await settle();
    publishes[index]!.refuse(full());
  }
  await run;
  assert.equal(publishes.length, 4, "one last attempt for each");
  assert.deepEqual(listener.ledger.snapshot().rejected, { "log-full": { count: 3, bytes: 3 } });
  assert.equal(listener.ledger.snapshot().pending.count, 0);
});

test("stop() of a session that waits for the bus to accept still offers what was read", async () => {
  const { patience, bus } = patienceOf();
  bus.condition = { canAccept: false };
  const { connection, listener, publishes, session, run } = stage({ patience });
  connection.receive(batchOf(["1"]));
  await settle();
  assert.equal(publishes.length, 0);
  session.stop(drainEnding);
  await settle();
  publishes[0]!.confirm();
  await run;
  const { published, rejected } = listener.ledger.snapshot();
  assert.deepEqual([published, rejected], [{ count: 1, bytes: 1 }, {}]);
});

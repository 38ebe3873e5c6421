import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";
import { configOf, freePorts, startFairlead, writeConfig } from "./fairlead.ts";
import { Sender } from "./senders.ts";
import { assertNothingLostOrTorn, readStored } from "./stored.ts";

const rounds = 100;
/** A restart takes no longer than so many plain starts of the same run, whatever else the machine does meanwhile. */
const restartLimit = 2.5;

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
const inMs = (ms: number) => `${ms.toFixed(0)} ms`;

/** How long a start takes that finds nothing. */
async function plainStartMs(): Promise<number> {
  await using directory = await temporaryDirectory();
  await writeConfig(directory.path, configOf(await freePorts()));
  await using fairlead = await startFairlead(directory.path);
  await fairlead.child.kill("SIGTERM");
  return fairlead.readyMs;
}

test("up loses no acknowledged record when it is killed under load, 100 times at random moments", async (t) => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  const restartsMs: number[] = [];
  const startsMs: number[] = [];
  let last: Sender[] = [];
  let after = 0;
  let acknowledged = 0;

  const restartAndVerify = async () => {
    const fairlead = await startFairlead(directory.path);
    restartsMs.push(fairlead.readyMs);
    const stored = await readStored(fairlead.ready.url, after);
    after = stored.lastOffset;
    for (const sender of last) assertNothingLostOrTorn(sender, stored.lines);
    return fairlead;
  };

  for (let round = 0; round < rounds; round++) {
    if (round % 10 === 5) startsMs.push(await plainStartMs());
    await using fairlead = await restartAndVerify();
    // From a record at a time to hundreds: the kill has to find every stage of a group commit.
    last = [1, 3, 20, 200].map((size) => new Sender(`r${round}-s${size}`, ports.lines, size));
    // From the first line on something is under way. Every other kill comes behind an acknowledgement, of each in turn.
    if (round % 2 === 0) await last[(round >> 1) % last.length]?.untilAcknowledged(1);
    await Promise.all(last.map((sender) => sender.untilSent()));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
    await fairlead.child.kill("SIGKILL");
    await Promise.all(last.map((sender) => sender.closed));
    acknowledged += last.reduce((sum, sender) => sum + sender.acknowledged, 0);
    // A test that never kills in the middle proves nothing.
    for (const sender of last) assert.ok(sender.sent > sender.acknowledged, sender.name);
  }
  await using fairlead = await restartAndVerify();
  await fairlead.child.kill("SIGTERM");

  const [restartMs, startMs] = [median(restartsMs), median(startsMs)];
  const times =
    `restart median ${inMs(restartMs)}, worst ${inMs(Math.max(...restartsMs))}; ` +
    `plain start median ${inMs(startMs)}`;
  t.diagnostic(
    `${acknowledged} records acknowledged over ${rounds} kills, each with records under way; ${times}`,
  );
  assert.ok(acknowledged >= rounds / 2, `only ${acknowledged} records were acknowledged`);
  assert.ok(restartMs < restartLimit * startMs, times);
});

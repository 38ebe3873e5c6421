import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";
import { configOf, freePorts, startFairlead, writeConfig } from "./fairlead.ts";
import { Sender } from "./senders.ts";
import { assertNothingLostOrTorn, readStored } from "./stored.ts";

const rounds = 100;
const restartLimitMs = 2_000;

test("up loses no acknowledged record when it is killed under load, 100 times at random moments", async (t) => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  const restartsMs: number[] = [];
  let last: Sender[] = [];
  let after = 0;
  let acknowledged = 0;
  let killedUnderWay = 0;

  const restartAndVerify = async () => {
    const fairlead = await startFairlead(directory.path);
    restartsMs.push(fairlead.readyMs);
    const stored = await readStored(fairlead.ready.url, after);
    after = stored.lastOffset;
    for (const sender of last) assertNothingLostOrTorn(sender, stored.lines);
    return fairlead;
  };

  for (let round = 0; round < rounds; round++) {
    await using fairlead = await restartAndVerify();
    // From a record at a time to hundreds: the kill has to find every stage of a group commit.
    last = [1, 3, 20, 200].map((size) => new Sender(`r${round}-s${size}`, ports.lines, size));
    if (round % 4 === 0) await last[0]?.untilAcknowledged(1);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
    await fairlead.child.kill("SIGKILL");
    await Promise.all(last.map((sender) => sender.closed));
    acknowledged += last.reduce((sum, sender) => sum + sender.acknowledged, 0);
    if (last.some((sender) => sender.sent > sender.acknowledged)) killedUnderWay++;
  }
  await using fairlead = await restartAndVerify();
  await fairlead.child.kill("SIGTERM");

  restartsMs.sort((a, b) => a - b);
  const [medianMs, worstMs] = [restartsMs[restartsMs.length >> 1] ?? 0, restartsMs.at(-1) ?? 0];
  t.diagnostic(
    `${acknowledged} records acknowledged over ${rounds} kills, ${killedUnderWay} with records under way; ` +
      `restart median ${medianMs.toFixed(0)} ms, worst ${worstMs.toFixed(0)} ms`,
  );
  // A test that never kills in the middle proves nothing.
  assert.ok(killedUnderWay > rounds / 2, `only ${killedUnderWay} kills found records under way`);
  assert.ok(acknowledged > rounds, `only ${acknowledged} records were acknowledged`);
  assert.ok(medianMs < restartLimitMs, `a restart takes ${medianMs} ms`);
});

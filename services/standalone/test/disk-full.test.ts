import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, skipOrFail, smallDisk, temporaryDirectory, within } from "@fairlead/harness";
import { configOf, freePorts, startFairlead, writeConfig } from "./fairlead.ts";
import { Sender } from "./senders.ts";
import { assertNothingLost, readStored } from "./stored.ts";

const diskBytes = 32 * 2 ** 20;
const ballastBytes = 16 * 2 ** 20;
const { disk, reason } = await smallDisk(diskBytes);

test("up answers ERR and goes on to tail when the disk is full, and recovers by itself", {
  skip: skipOrFail(reason),
}, async () => {
  assert.ok(disk);
  await using _ = disk;
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  await writeConfig(directory.path, configOf(ports));
  const ballast = join(disk.path, "ballast");
  writeFileSync(ballast, Buffer.alloc(ballastBytes, 1));
  await using fairlead = await startFairlead(directory.path, { FAIRLEAD_DATA_DIR: join(disk.path, "data") });

  const first = new Sender("first", ports.lines, 500);
  await within(first.closed, "the refusal of a full disk");
  assert.match(String(first.error), /^ERR LOG_FULL /);
  assert.ok(first.acknowledged > 0, "nothing was acknowledged before the disk was full");

  // What was acknowledged is there and can be read while nothing can be written.
  const full = await readStored(fairlead.ready.url, 0);
  assertNothingLost(first, full.lines);

  // The last room goes to what is small; when nothing fits any more, readiness says so.
  let press = 0;
  let words = "";
  await eventually(async () => {
    const sender = new Sender(`press${press++}`, ports.lines, 1);
    await sender.closed;
    assertNothingLost(sender, (await readStored(fairlead.ready.url, full.lastOffset)).lines);
    const health = await fetch(`${fairlead.ready.url}/readyz?verbose`);
    words = await health.text();
    return health.status === 503;
  }, "readiness to say that nothing can be accepted");
  assert.match(words, /^bus failed\n {2}.*(full|room|space)/m);

  await rm(ballast);
  let attempt = 0;
  const recovered: Sender[] = [];
  await eventually(async () => {
    const sender = new Sender(`again${attempt++}`, ports.lines, 1);
    await sender.untilAcknowledged(1);
    sender.stop();
    await sender.closed;
    if (sender.acknowledged === 0) return false;
    recovered.push(sender);
    return true;
  }, "an acknowledgement after space has returned");
  const { lines } = await readStored(fairlead.ready.url, full.lastOffset);
  for (const sender of recovered) assertNothingLost(sender, lines);
  await eventually(async () => (await fetch(`${fairlead.ready.url}/readyz`)).ok, "readiness");
  assert.deepEqual(await fairlead.child.kill("SIGTERM"), { code: 0, signal: null });
});

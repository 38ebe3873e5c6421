import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { errorCode } from "@fairlead/core";
import { ManualClock } from "@fairlead/core/manual-clock";
import { skipOrFail, smallDisk, temporaryDirectory } from "@fairlead/harness";
import { callMemoryMs } from "../gcra.ts";
import type { State } from "../state.ts";
import { openSqliteState } from "./open.ts";

/** Sets values of 60 KB until one is refused; gives how many were taken. */
async function fillUp(state: State, ttlMs: number): Promise<number> {
  for (let i = 0; i < 1_000; i++) {
    try {
      await state.values.set(`filler ${i}`, "x".repeat(60_000), ttlMs);
    } catch (error) {
      assert.equal(errorCode(error), "STATE_UNAVAILABLE");
      return i;
    }
  }
  throw new Error("1,000 values of 60 kB found room");
}

test("a file at its limit refuses, says so, and takes again when rows have expired", async () => {
  await using directory = await temporaryDirectory();
  const clock = new ManualClock();
  await using state = await openSqliteState({ file: directory.file("state.db"), maxBytes: 2 ** 20, clock });
  await state.values.set("kept", 1, 3_600_000);
  assert((await fillUp(state, 5_000)) > 5);
  assert.equal(state.health().isAvailable, false);
  assert.match(state.health().problems.join(), /full.*1048576/);
  assert.equal(await state.values.get("kept"), 1);
  assert.equal(state.health().isAvailable, false, "that it can be read is no sign of room");
  await clock.advance(10_000); // The purge runs by the clock.
  assert.deepEqual(state.health(), { isAvailable: true, problems: [] });
  assert((await fillUp(state, 5_000)) > 5);
});

const { disk: probe, reason } = await smallDisk(2 ** 20);
await probe?.[Symbol.asyncDispose]();

test("a full disk refuses, keeps what it has, and takes again when there is room", {
  skip: skipOrFail(reason),
}, async () => {
  const { disk: mounted } = await smallDisk(4 * 2 ** 20);
  assert(mounted);
  await using disk = mounted;
  {
    await using state = await openSqliteState({ file: disk.file("state.db") });
    const lease = await state.leases.acquire("job", "a", 3_600_000);
    assert(lease);
    assert((await fillUp(state, 3_600_000)) > 5);
    writeFileSync(disk.file("rest"), "");
    assert.equal(await state.values.get("filler 0"), "x".repeat(60_000));
    await disk.resize(64 * 2 ** 20);
    assert(await state.leases.renew(lease, 3_600_000));
    await state.values.set("again", true, 3_600_000);
    assert.deepEqual(state.health(), { isAvailable: true, problems: [] });
  }
  await using state = await openSqliteState({ file: disk.file("state.db") });
  assert.deepEqual(state.health().problems, []);
  assert.equal(await state.values.get("again"), true);
});

test("expired rows leave the file by themselves", async () => {
  await using directory = await temporaryDirectory();
  const clock = new ManualClock();
  await using state = await openSqliteState({ file: directory.file("state.db"), maxBytes: 2 ** 20, clock });
  // Far more, over time, than the file could hold at once.
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 8; i++) await state.values.set(`value ${round} ${i}`, "x".repeat(60_000), 1_000);
    await clock.advance(3_000);
  }
  assert.deepEqual(state.health().problems, []);
});

test("more permits, connections and rooms than one purge takes leave memory by themselves", async () => {
  await using directory = await temporaryDirectory();
  const clock = new ManualClock();
  await using state = await openSqliteState({ file: directory.file("state.db"), maxBytes: 2 ** 21, clock });
  // Each round fills a good part of the 2 MiB.
  for (let round = 0; round < 8; round++) {
    const instance = `instance ${round}`;
    const ids = Array.from({ length: 3_000 }, (_, i) => `${round} ${i}`);
    await state.presence.beat(instance, 1_000);
    await state.presence.join(
      instance,
      ids.map((id) => ({ id, instance, info: {} })),
    );
    for (const id of ids) {
      await state.presence.enter("room", id);
      await state.rateLimits.take("key", 1e6, 1e6, id);
    }
    await clock.advance(3_600_000 + 5_000);
  }
  assert.deepEqual(state.health().problems, []);
  assert.deepEqual(await state.presence.members("room", { limit: 10 }), []);
});

test("permits that expire faster than one purge a second takes leave memory in time", async () => {
  await using directory = await temporaryDirectory();
  const clock = new ManualClock();
  // Room for what is remembered of 1,500 permits a second, not for what piles up at 500 purged a second.
  const maxBytes = 60 * 2 * 1_500 * (callMemoryMs / 1_000);
  await using state = await openSqliteState({ file: directory.file("state.db"), maxBytes, clock });
  for (let second = 0; second < 90; second++) {
    for (let i = 0; i < 1_500; i++) await state.rateLimits.take("key", 1e6, 1e6, `${second} ${i}`);
    await clock.advance(1_000);
  }
  assert.deepEqual(state.health().problems, []);
});

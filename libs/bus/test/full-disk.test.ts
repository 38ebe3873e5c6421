import assert from "node:assert/strict";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipOrFail, smallDisk } from "@fairlead/harness";
import type { Bus } from "../src/bus.ts";
import { collect, eventOf, history, idsOf } from "../src/contract/support.ts";
import { openSqliteBus } from "../src/sqlite/sqlite-bus.ts";
import { temporaryDirectory } from "./temporary.ts";

const data = Buffer.alloc(50_000, "x");
const megabyte = 1 << 20;

/** Publishes one after the other until one is refused. Returns the ids of those that were accepted, and the refusal. */
async function publishUntilRefused(bus: Bus, first: number) {
  const accepted: string[] = [];
  for (let id = first; ; id++) {
    try {
      await bus.publish(eventOf(id, { data }));
      accepted.push(String(id));
    } catch (error) {
      return { accepted, error: error as Error & { code: string; retryable: boolean } };
    }
  }
}

async function untilAccepts(bus: Bus): Promise<void> {
  while (!bus.health().canAccept) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("a log at maxBytes with nothing old enough refuses with LOG_FULL, serves, and says so", async () => {
  using directory = temporaryDirectory();
  await using bus = await openSqliteBus({ path: join(directory.path, "events.db"), maxBytes: 4 * megabyte });
  const { accepted, error } = await publishUntilRefused(bus, 1);
  assert.equal(error.code, "LOG_FULL");
  assert.equal(error.retryable, true);
  assert.match(error.message, /holds its limit of 4MiB and nothing in it is older than 600s|10m/);
  assert.ok(accepted.length > 40, `only ${accepted.length} of 50 KB fitted into 4 MiB`);
  const { canAccept, problems, storedBytes = 0 } = bus.health();
  assert.equal(canAccept, false);
  assert.equal(problems.length, 1);
  assert.ok(storedBytes <= 4 * megabyte);
  assert.deepEqual(idsOf(await collect(bus, history)), accepted);
});

test("a log at maxBytes lets the oldest go when they are old enough, and never refuses", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await using bus = await openSqliteBus({ path, maxBytes: 4 * megabyte, minAgeMs: 0 });
  for (let id = 1; id <= 400; id++) await bus.publish(eventOf(id, { data }));
  const logged = await collect(bus, history);
  assert.equal(logged.at(-1)?.event.id, "400");
  assert.ok(logged.length < 100 && logged.length > 40, `${logged.length} of 50 KB are kept in 4 MiB`);
  assert.equal(logged.at(-1)!.offset - logged[0]!.offset, logged.length - 1);
  assert.deepEqual(bus.health().problems, []);
  assert.ok(bus.health().canAccept);
});

test("a group that does not fit is refused whole", async () => {
  using directory = temporaryDirectory();
  await using bus = await openSqliteBus({ path: join(directory.path, "events.db"), maxBytes: 4 * megabyte });
  await publishUntilRefused(bus, 1);
  const before = await collect(bus, history);
  const results = await Promise.allSettled(
    [1, 2, 3, 4, 5].map((id) => bus.publish(eventOf(`g${id}`, { data }))),
  );
  assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(["rejected"]));
  assert.equal((await collect(bus, history)).length, before.length);
});

test("a disk that is full: publish refuses, tail serves, and the log recovers by itself when there is room", async (t) => {
  const { disk, reason } = await smallDisk(24 * megabyte);
  if (disk === undefined) return t.skip(String(skipOrFail(reason)));
  await using directory = disk;
  await using bus = await openSqliteBus({ path: join(directory.path, "events.db") });
  await bus.publish(eventOf(1, { data }));
  // Somebody else takes what is free, to the last byte.
  const ballast = join(directory.path, "ballast");
  const { bavail, bsize } = statfsSync(directory.path);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  const { accepted, error } = await publishUntilRefused(bus, 2);
  assert.equal(error.retryable, true);
  assert.equal(error.code, "LOG_FULL");
  assert.equal(bus.health().canAccept, false);
  assert.ok(bus.health().problems.length > 0);
  const ids = ["1", ...accepted];
  assert.deepEqual(idsOf(await collect(bus, history)), ids);
  rmSync(ballast);
  await untilAccepts(bus);
  await bus.publish(eventOf("after", { data }));
  assert.deepEqual(idsOf(await collect(bus, history)), [...ids, "after"]);
  assert.deepEqual(bus.health().problems, []);
});

test("a small disk: the log stops before it is full, so that the oldest can be deleted, and goes on for ever", async (t) => {
  const { disk, reason } = await smallDisk(24 * megabyte);
  if (disk === undefined) return t.skip(String(skipOrFail(reason)));
  await using directory = disk;
  const path = join(directory.path, "events.db");
  await using bus = await openSqliteBus({ path, minAgeMs: 0 });
  let refused = 0;
  for (let id = 1; id <= 1_500; id++) {
    await bus.publish(eventOf(id, { data })).catch(() => refused++);
  }
  assert.equal(refused, 0);
  const logged = await collect(bus, history);
  assert.equal(logged.at(-1)?.event.id, "1500");
  assert.ok(logged.length > 50, `only ${logged.length} of 50 KB are kept on 24 MiB`);
});

test("a log on a disk that is full at the start opens and serves", async (t) => {
  const { disk, reason } = await smallDisk(24 * megabyte);
  if (disk === undefined) return t.skip(String(skipOrFail(reason)));
  await using directory = disk;
  const path = join(directory.path, "events.db");
  const first = await openSqliteBus({ path });
  const { accepted } = await publishUntilRefused(first, 1);
  await first[Symbol.asyncDispose]();
  const { bavail, bsize } = statfsSync(directory.path);
  writeFileSync(join(directory.path, "ballast"), Buffer.alloc(bavail * bsize));
  await using bus = await openSqliteBus({ path });
  assert.deepEqual(idsOf(await collect(bus, history)), accepted);
  await assert.rejects(bus.publish(eventOf("new", { data })), { retryable: true });
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../test/temporary.ts";
import { collect, eventOf, history, idsOf, range } from "../contract/support.ts";
import { openSqliteBus } from "./sqlite-bus.ts";

const keepAll = { maxAgeMs: Number.POSITIVE_INFINITY, minAgeMs: Number.POSITIVE_INFINITY };

test("deleteThrough() lets go of exactly what stands up to the offset, also over many chunks", async () => {
  using directory = temporaryDirectory();
  await using log = await openSqliteBus({ path: join(directory.path, "spool.db"), ...keepAll });
  await Promise.all(range(5_000).map((id) => log.publish(eventOf(id))));
  await log.deleteThrough(3_333);
  assert.deepEqual(idsOf(await collect(log, history)), range(1_667, 3_333));
  await log.deleteThrough(3_333);
  await log.deleteThrough(1_000_000);
  assert.deepEqual(await collect(log, history), []);
  assert.equal(await log.append(eventOf("next")), 5_001);
});

test("deleteThrough() is remembered: a restart neither brings events back nor misses them", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "spool.db");
  {
    await using log = await openSqliteBus({ path, ...keepAll });
    await Promise.all(range(100).map((id) => log.publish(eventOf(id))));
    await log.deleteThrough(60);
  }
  await using log = await openSqliteBus({ path, ...keepAll });
  assert.deepEqual(idsOf(await collect(log, history)), range(40, 60));
  assert.equal(log.storedEvents, 40);
  assert.equal(log.health().damagedEvents, 0);
});

test("deleteThrough() frees a full log that may delete nothing by itself", async () => {
  using directory = temporaryDirectory();
  await using log = await openSqliteBus({
    path: join(directory.path, "spool.db"),
    maxBytes: 2 << 20,
    ...keepAll,
  });
  const data = Buffer.alloc(64 << 10);
  let last = 0;
  for (let id = 0; ; id++) {
    try {
      last = await log.append(eventOf(id, { data }));
    } catch (error) {
      assert.ok(error instanceof Error && "code" in error && error.code === "LOG_FULL", String(error));
      assert.match(error.message, /holds its limit of 2MiB$/);
      break;
    }
  }
  assert.equal(idsOf(await collect(log, history)).length, last);
  await log.deleteThrough(last - 1);
  await log.append(eventOf("again", { data }));
  assert.deepEqual(idsOf(await collect(log, history)), [String(last - 1), "again"]);
});

test("deleteThrough() refuses on a closed log", async () => {
  using directory = temporaryDirectory();
  const log = await openSqliteBus({ path: join(directory.path, "spool.db") });
  await log[Symbol.asyncDispose]();
  await assert.rejects(log.deleteThrough(1), { code: "BUS_CLOSED" });
});

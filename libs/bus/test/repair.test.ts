import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { type Logger, silentLogger } from "@fairlead/core";
import type { BusHealth } from "../src/bus.ts";
import { collect, eventOf, history, idsOf, range } from "../src/contract/support.ts";
import { openSqliteBus, type SqliteBus } from "../src/sqlite/sqlite-bus.ts";
import { damagedFiles, flipBit, marker, overwrite } from "./damage.ts";
import { temporaryDirectory } from "./temporary.ts";

const page = 16_384;

async function fill(path: string, count: number): Promise<void> {
  await using bus = await openSqliteBus({ path });
  const data = (id: string) => Buffer.concat([marker(id), Buffer.alloc(600, id)]);
  await Promise.all(range(count, 1).map((id) => bus.publish(eventOf(id, { data: data(id) }))));
}

async function untilHealth(bus: SqliteBus, isReached: (health: BusHealth) => boolean): Promise<void> {
  while (!isReached(bus.health())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("a crash while the new log is being written: the repair begins again, nothing is lost", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await fill(path, 500);
  flipBit(path, 3);
  writeFileSync(`${path}.repairing`, "half a log");
  await using bus = await openSqliteBus({ path });
  assert.deepEqual(idsOf(await collect(bus, history)), range(500, 1));
  assert.deepEqual(
    readdirSync(directory.path).filter((name) => name.includes("repair")),
    [],
  );
});

for (const isMoved of [false, true]) {
  const moment = isMoved ? "after the old log was moved" : "before the old log is moved";
  test(`a crash ${moment}: the finished repair is put in place`, async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "events.db");
    await fill(path, 500);
    copyFileSync(path, `${path}.repaired`);
    flipBit(path, 3);
    if (isMoved) renameSync(path, `${path}.damaged-20260101T000000000Z`);
    await using bus = await openSqliteBus({ path });
    assert.deepEqual(idsOf(await collect(bus, history)), range(500, 1));
    assert.equal(damagedFiles(directory.path, path).length, 1);
    assert.equal(existsSync(`${path}.repaired`), false);
  });
}

test("a page that is found damaged while it is read is repaired at the next start", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await fill(path, 3_000);
  const at = readFileSync(path).indexOf(marker("1000"));
  overwrite(path, at - (at % page), Buffer.alloc(page));
  {
    await using bus = await openSqliteBus({ path });
    assert.deepEqual(bus.health().problems, []);
    const logged = await collect(bus, { ...history, types: ["tcp.*"] });
    assert.ok(logged.length > 2_900 && logged.length < 3_000);
    const { damagedEvents, isDegraded, canAccept } = bus.health();
    assert.equal(damagedEvents, 3_000 - logged.length);
    assert.deepEqual({ isDegraded, canAccept }, { isDegraded: true, canAccept: true });
    await bus.publish(eventOf("new"));
  }
  await using bus = await openSqliteBus({ path });
  assert.equal(damagedFiles(directory.path, path).length, 1);
  assert.equal((await collect(bus, history)).at(-1)?.event.id, "new");
});

test("damage that is met while reading, and a repair, are each logged once, with the offsets", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await fill(path, 3_000);
  for (const id of ["500", "501", "1500"]) flipBit(path, readFileSync(path).indexOf(marker(id)));
  const lines: { readonly fields: object; readonly message: string }[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (fields, message) => void lines.push({ fields, message }),
    child: () => logger,
  };
  const open = () => openSqliteBus({ path, logger });
  {
    await using bus = await open();
    for (let reads = 0; reads < 2; reads++) await collect(bus, history);
  }
  const message = "events of the log were found damaged and are not served";
  const range = (firstOffset: number, lastOffset: number) => {
    const events = lastOffset - firstOffset + 1;
    return { message, fields: { path, firstOffset, lastOffset, events, reason: "checksum" } };
  };
  assert.deepEqual(lines.splice(0), [range(500, 501), range(1_500, 1_500)]);
  flipBit(path, 3);
  {
    await using bus = await open();
    await collect(bus, history);
  }
  assert.deepEqual(lines.length, 1);
  assert.match(lines[0]!.message, /was damaged .* it was kept as .* 2997 events were saved/);
});

test("what a lost page took is counted once, by reading, by the repair and by the next repair", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await fill(path, 3_000);
  const at = readFileSync(path).indexOf(marker("1000"));
  overwrite(path, at - (at % page), Buffer.alloc(page));
  for (let repairs = 0; repairs <= 2; repairs++) {
    await using bus = await openSqliteBus({ path });
    assert.equal(damagedFiles(directory.path, path).length, repairs);
    const stored = (await collect(bus, history)).filter(({ event }) => event.id !== "new").length;
    assert.equal(bus.health().damagedEvents, 3_000 - stored);
    // Behind the gap in the offsets, which is no damage.
    await bus.publish(eventOf("new"));
    await bus[Symbol.asyncDispose]();
    if (repairs === 1) flipBit(path, 3);
  }
});

test("a repair that does not find what had been deleted keeps every event and says that its count is not exact", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await fill(path, 3_000);
  {
    await using bus = await openSqliteBus({ path });
    await bus.deleteThrough(2_000);
  }
  const bytes = readFileSync(path);
  // The leaf of the table, not that of its index.
  let at = -1;
  do at = bytes.indexOf("deleted_through", at + 1);
  while (at < page || bytes[at - (at % page)] !== 13);
  overwrite(path, at - (at % page), Buffer.alloc(page));
  flipBit(path, 3);
  await using bus = await openSqliteBus({ path });
  assert.match(bus.health().problems.join(), /how many are missing is not known exactly/);
  const ids = new Set(idsOf(await collect(bus, history)));
  assert.deepEqual(
    range(1_000, 2_001).filter((id) => !ids.has(id)),
    [],
  );
});

test("publish() on a log that is damaged under its feet is refused, then the log repairs itself", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await fill(path, 3_000);
  const db = new DatabaseSync(path);
  db.exec(
    "DELETE FROM events WHERE offset <= 2000; UPDATE meta SET value = 2000 WHERE name = 'deleted_through'",
  );
  db.close();
  const trunk = readFileSync(path).readUInt32BE(32);
  assert.ok(trunk > 0, "there is no free page");
  await using bus = await openSqliteBus({ path });
  // The list of free pages, which the next page that is needed comes from.
  overwrite(path, (trunk - 1) * page, Buffer.alloc(page, 0xff));
  const data = Buffer.alloc(100_000);
  await assert.rejects(bus.publish(eventOf("refused", { data })), { code: "BUS_FAILED", retryable: true });
  await untilHealth(bus, ({ canAccept, problems }) => canAccept && problems.length > 0);
  await bus.publish(eventOf("accepted", { data }));
  assert.deepEqual(idsOf(await collect(bus, history)), [...range(1_000, 2_001), "accepted"]);
  assert.equal(bus.health().damagedEvents, 0);
  assert.equal(damagedFiles(directory.path, path).length, 1);
});

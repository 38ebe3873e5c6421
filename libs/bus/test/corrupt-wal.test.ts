import assert from "node:assert/strict";
import { copyFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { collect, eventOf, history, range } from "../src/contract/support.ts";
import { openSqliteBus } from "../src/sqlite/sqlite-bus.ts";
import { damagedFiles, flipBit, marker, overwrite } from "./damage.ts";
import { temporaryDirectory } from "./temporary.ts";

/** A log as a crash leaves it: the events are in the write-ahead log. */
async function crashCopy(from: string, to: string): Promise<void> {
  await using bus = await openSqliteBus({ path: from });
  for (const id of range(200, 1))
    await bus.publish(eventOf(id, { data: Buffer.concat([marker(id), Buffer.alloc(500)]) }));
  copyFileSync(from, to);
  copyFileSync(`${from}-wal`, `${to}-wal`);
}

const walCases = [
  { what: "a sound write-ahead log", damage: () => {}, mayLose: 0, isKept: false },
  {
    what: "a flipped bit in the middle of the write-ahead log",
    damage: (wal: string) => flipBit(wal, Math.floor(statSync(wal).size / 2)),
    mayLose: 1,
    isKept: true,
  },
  {
    what: "a write-ahead log with a broken header",
    damage: (wal: string) => overwrite(wal, 0, Buffer.alloc(32, "x")),
    mayLose: 0,
    isKept: true,
  },
  {
    what: "a write-ahead log of garbage",
    damage: (wal: string) => writeFileSync(wal, Buffer.alloc(500_000, "garbage!")),
    mayLose: 200,
    isKept: true,
  },
  {
    what: "a write-ahead log cut off in a frame",
    damage: (wal: string) => truncateSync(wal, statSync(wal).size - 100),
    mayLose: 1,
    isKept: false,
  },
] as const;

for (const { what, damage, mayLose, isKept } of walCases) {
  test(`openSqliteBus() with ${what} keeps what it can read`, async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "copy.db");
    await crashCopy(join(directory.path, "events.db"), path);
    damage(`${path}-wal`);
    await using bus = await openSqliteBus({ path });
    const ids = new Set((await collect(bus, history)).map(({ event }) => event.id));
    const lost = range(200, 1).filter((id) => !ids.has(id));
    assert.ok(lost.length <= mayLose, `${lost.length} lost: ${lost.slice(0, 20)}`);
    assert.equal(damagedFiles(directory.path, path).length > 0, isKept);
    assert.equal(bus.health().problems.length > 0, isKept);
    await bus.publish(eventOf("new"));
    const [last] = (await collect(bus, history)).slice(-1);
    if (isKept) assert.ok((last?.offset ?? 0) > 200, `offset ${last?.offset} was given before`);
  });
}

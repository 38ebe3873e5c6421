import assert from "node:assert/strict";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { collect, eventOf, history, range } from "../src/contract/support.ts";
import { openSqliteBus } from "../src/sqlite/sqlite-bus.ts";
import { damagedFiles, flipBit, marker, overwrite } from "./damage.ts";
import { temporaryDirectory } from "./temporary.ts";

const page = 16_384;
const count = 4_000;
/** Sizes that stand on a leaf, on a few overflow pages, and one that fills many. */
const sizeOf = (id: number) => (id % 100 === 7 ? 70_000 : id % 10 === 3 ? 9_000 : 400);

async function fill(path: string): Promise<void> {
  await using bus = await openSqliteBus({ path });
  await Promise.all(
    range(count, 1).map((id) => {
      const data = Buffer.concat([marker(id), Buffer.alloc(sizeOf(Number(id)), id)]);
      return bus.publish(eventOf(id, { data }));
    }),
  );
}

/** Positions of the pages of the tree of events with this kind in their first byte. */
function pagesOfKind(path: string, kind: number): number[] {
  const bytes = readFileSync(path);
  const positions: number[] = [];
  for (let at = page; at < bytes.length; at += page) if (bytes[at] === kind) positions.push(at);
  return positions;
}

const leafOf = (path: string, id: string) => {
  const at = readFileSync(path).indexOf(marker(id));
  assert.ok(at > 0);
  return at - (at % page);
};

interface Case {
  readonly what: string;
  readonly damage: (path: string) => void;
  /** Events that may be missing at most. */
  readonly mayLose: number;
  /** False: nothing is left that says how many there were. Else what is lost is counted exactly. */
  readonly isCounted?: false;
  readonly isMovedAside: boolean;
}

const cases: readonly Case[] = [
  {
    what: "a flipped bit in the data of a small event",
    damage: (path) => flipBit(path, readFileSync(path).indexOf(marker("2001")) + 40),
    mayLose: 1,
    isMovedAside: false,
  },
  {
    what: "a flipped bit on an overflow page",
    damage: (path) => flipBit(path, leafOf(path, "2007") + 5 * page + 99),
    mayLose: 1,
    isMovedAside: false,
  },
  {
    what: "a flipped bit in the newest event",
    damage: (path) => flipBit(path, readFileSync(path).indexOf(marker("4000")) + 40),
    mayLose: 1,
    isMovedAside: false,
  },
  {
    what: "a leaf page of zeros",
    damage: (path) => overwrite(path, leafOf(path, "2001"), Buffer.alloc(page)),
    mayLose: 60,
    isMovedAside: false,
  },
  {
    what: "a flipped bit in the kind of a leaf page",
    damage: (path) => flipBit(path, leafOf(path, "2001"), 1),
    mayLose: 60,
    isMovedAside: false,
  },
  {
    what: "a flipped bit in a child pointer of an inner page",
    damage: (path) => flipBit(path, pagesOfKind(path, 5)[0]! + page - 40, 6),
    mayLose: 0,
    isMovedAside: true,
  },
  {
    what: "an inner page of random bytes",
    damage: (path) => overwrite(path, pagesOfKind(path, 5)[0]!, Buffer.alloc(page, "a7Qz")),
    mayLose: 0,
    isMovedAside: true,
  },
  {
    what: "a flipped bit in the magic of the header",
    damage: (path) => flipBit(path, 3),
    mayLose: 0,
    isMovedAside: true,
  },
  {
    what: "a flipped bit in the page size of the header",
    damage: (path) => flipBit(path, 16, 5),
    mayLose: 0,
    isMovedAside: true,
  },
  {
    what: "a flipped bit in the file format of the header",
    damage: (path) => flipBit(path, 18, 4),
    mayLose: 0,
    isMovedAside: true,
  },
  {
    what: "a first page of random bytes",
    damage: (path) => overwrite(path, 0, Buffer.alloc(page, "a7Qz")),
    mayLose: 0,
    isMovedAside: true,
  },
  {
    what: "a file cut off in the middle of a page",
    damage: (path) => truncateSync(path, Math.floor(statSync(path).size / 2) + 1_000),
    mayLose: count * 0.7,
    isMovedAside: true,
  },
  {
    what: "a file of garbage",
    damage: (path) => writeFileSync(path, Buffer.alloc(100_000, "garbage!")),
    mayLose: count,
    isCounted: false,
    isMovedAside: true,
  },
  {
    what: "an empty file",
    damage: (path) => truncateSync(path, 0),
    mayLose: count,
    isCounted: false,
    isMovedAside: true,
  },
];

for (const { what, damage, mayLose, isCounted = true, isMovedAside } of cases) {
  test(`openSqliteBus() with ${what} serves what is left, counts, and takes new events`, async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "events.db");
    await fill(path);
    damage(path);
    await using bus = await openSqliteBus({ path });
    const before = await collect(bus, history);
    const ids = new Set(before.map(({ event }) => event.id));
    const lost = range(count, 1).filter((id) => !ids.has(id));
    assert.ok(lost.length <= mayLose, `${lost.length} lost: ${lost.slice(0, 20)}`);
    assert.equal(ids.size, before.length, "an event came twice");
    for (const { event } of before) {
      assert.deepEqual(
        Buffer.from(event.data).subarray(0, 40),
        Buffer.concat([marker(event.id), Buffer.alloc(40, event.id)]).subarray(0, 40),
      );
    }
    const { damagedEvents = 0, problems } = bus.health();
    assert.equal(damagedEvents, isCounted ? lost.length : 0);
    assert.equal(/not known exactly/.test(problems.join()), !isCounted);
    if (damagedEvents > 0 || isMovedAside) assert.ok(problems.length > 0, "health says nothing");
    assert.equal(damagedFiles(directory.path, path).length > 0, isMovedAside);
    await bus.publish(eventOf("new"));
    const [last] = (await collect(bus, history)).slice(-1);
    assert.equal(last?.event.id, "new");
    assert.ok(last.offset > count, `offset ${last.offset} was given before`);
  });
}

test("openSqliteBus() on a log repaired once opens it soundly and repairs nothing again", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await fill(path);
  flipBit(path, 3);
  await (await openSqliteBus({ path }))[Symbol.asyncDispose]();
  await using bus = await openSqliteBus({ path });
  assert.deepEqual(bus.health().problems, []);
  assert.equal((await collect(bus, history)).length, count);
  assert.equal(damagedFiles(directory.path, path).length, 1);
});

test("openSqliteBus() refuses a log of a newer format with LOG_TOO_NEW and leaves it alone", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await fill(path);
  const db = new DatabaseSync(path);
  db.exec("PRAGMA user_version = 99");
  db.close();
  await assert.rejects(openSqliteBus({ path }), { code: "LOG_TOO_NEW", retryable: false });
  assert.deepEqual(damagedFiles(directory.path, path), []);
});

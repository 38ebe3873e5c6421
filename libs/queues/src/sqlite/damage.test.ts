import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";
import { openSqliteQueues, type SqliteQueues } from "./sqlite-queues.ts";

const page = 16_384;
const count = 400;

/** Enqueues numbered messages and acks all but the last half, so that there are free pages with rows that left. */
async function fill(path: string): Promise<void> {
  await using queues = await openSqliteQueues({ path });
  for (let id = 1; id <= count; id++) await queues.enqueue("work", messageOf(id));
  await take(queues, count / 2);
}

const messageOf = (id: number) => ({
  id: `${id}`,
  body: Buffer.alloc(id % 50 === 0 ? 60_000 : 900, `${id};`),
});

/** Acks so many messages; returns their ids. */
async function take(queues: SqliteQueues, messages: number): Promise<number[]> {
  const ids: number[] = [];
  const stop = new AbortController();
  if (messages === 0) return ids;
  await queues.consume("work", { slots: 1, signal: stop.signal }, async (delivery) => {
    assert.deepEqual(Buffer.from(delivery.body), messageOf(Number(delivery.id)).body);
    await delivery.ack();
    if (ids.push(Number(delivery.id)) === messages) stop.abort();
  });
  return ids;
}

/** Changes the bytes of a file in place. */
function damage(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

function rootOf(path: string, table: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  const row = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table);
  db.close();
  return (Number(row?.["rootpage"]) - 1) * page;
}

const rest = Array.from({ length: count / 2 }, (_, index) => count / 2 + 1 + index);

const cases: { what: string; hurt: (path: string) => void; left: "all" | "some" | "none" }[] = [
  {
    what: "a flipped bit in the header",
    hurt: (path) => damage(path, (bytes) => (bytes[3]! ^= 8)),
    left: "all",
  },
  {
    what: "a first page of zeros",
    hurt: (path) => damage(path, (bytes) => bytes.fill(0, 100, page)),
    left: "all",
  },
  {
    what: "a damaged index",
    hurt: (path) => {
      const at = rootOf(path, "ready");
      damage(path, (bytes) => bytes.fill(0x5a, at, at + page));
    },
    left: "all",
  },
  {
    what: "an inner page of random bytes",
    hurt: (path) => {
      const at = rootOf(path, "bodies");
      damage(path, (bytes) => bytes.fill(0x5a, at, at + page));
    },
    left: "all",
  },
  {
    what: "a leaf of bodies of zeros",
    hurt: (path) =>
      damage(path, (bytes) => {
        const at = bytes.indexOf(messageOf(count / 2 + 1).body);
        bytes.fill(0, at - (at % page), at - (at % page) + page);
      }),
    left: "some",
  },
  { what: "an empty file", hurt: (path) => truncateSync(path), left: "none" },
  { what: "garbage", hurt: (path) => writeFileSync(path, "garbage!".repeat(9_000)), left: "none" },
];

for (const { what, hurt, left } of cases)
  test(`openSqliteQueues() of a file with ${what} serves what is left, and nothing that was acked`, async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("queues.db");
    await fill(path);
    hurt(path);
    await using queues = await openSqliteQueues({ path });
    // Damage in the bodies is met when they are read; a message without one is a dead letter.
    const served = left === "none" ? [] : await take(queues, 1);
    const dead = (await queues.deadLetters({ limit: 1_000 })).map(({ id }) => Number(id));
    if (left !== "none") served.push(...(await take(queues, rest.length - dead.length - 1)));
    assert.deepEqual([...dead, ...served], left === "none" ? [] : rest);
    assert.equal(dead.length > 0 && dead.length < 20, left === "some");
    const { problems, canAccept } = queues.health();
    assert.equal(canAccept, true);
    assert.match(
      problems.join(),
      left === "none" ? /: 0 messages were saved/ : /: (200|199) messages were saved/,
    );
    assert.equal(readdirSync(directory.path).filter((name) => /damaged-[\dTZ]+$/.test(name)).length, 1);
    await queues.enqueue("work", messageOf(999));
    assert.deepEqual(await take(queues, 1), [999]);
  });

test("a body that is damaged makes a dead letter, also in a repair", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("queues.db");
  await fill(path);
  damage(path, (bytes) => {
    bytes[bytes.indexOf("398;398;") + 3] = 0x5a;
    bytes[3]! ^= 8;
  });
  await using queues = await openSqliteQueues({ path });
  const [letter, ...others] = await queues.deadLetters({ limit: 10 });
  assert.deepEqual(others, []);
  assert.deepEqual([letter?.id, letter?.reason], ["398", "damaged on disk"]);
  assert.match(queues.health().problems.join(), /200 messages were saved, 1 of them as dead letters/);
});

test("what a crash left in the write-ahead log is saved from beside a damaged file", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("queues.db");
  const copy = directory.file("copy.db");
  {
    await using queues = await openSqliteQueues({ path });
    for (let id = 1; id <= 20; id++) await queues.enqueue("work", messageOf(id));
    await take(queues, 5);
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
  }
  truncateSync(copy);
  await using queues = await openSqliteQueues({ path: copy });
  assert.deepEqual(
    await take(queues, 15),
    Array.from({ length: 15 }, (_, index) => index + 6),
  );
});

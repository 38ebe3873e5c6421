import assert from "node:assert/strict";
import { copyFileSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";
import { Durability } from "./durability.ts";
import { openSqliteState } from "./open.ts";

test("settle() is shared by those who call while a sync runs, and never answered by one that began before", async (t) => {
  await using directory = await temporaryDirectory();
  const database = new DatabaseSync(directory.file("x.db"));
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE x (y)");
  const syncs: PromiseWithResolvers<void>[] = [];
  const durability = await Durability.open(directory.file("x.db"), async () => {
    const sync = Promise.withResolvers<void>();
    syncs.push(sync);
    await sync.promise;
  });
  t.after(async () => {
    await durability.close();
    database.close();
  });
  const settled: string[] = [];
  const settle = (name: string) => durability.settle().then(() => settled.push(name));
  const first = settle("first");
  const rest = Promise.all([settle("second"), settle("third")]);
  assert.equal(syncs.length, 1);
  syncs[0]?.resolve();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(settled, ["first"], "what came later waits for a sync of its own");
  assert.equal(syncs.length, 2);
  syncs[1]?.resolve();
  await rest;
  assert.deepEqual(settled, ["first", "second", "third"]);
  assert.equal(syncs.length, 2);
});

test("settle() fails for those whose sync failed, and not for the next", async (t) => {
  await using directory = await temporaryDirectory();
  const database = new DatabaseSync(directory.file("x.db"));
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE x (y)");
  const outcomes = [new Error("EIO"), undefined];
  const durability = await Durability.open(directory.file("x.db"), async () => {
    const error = outcomes.shift();
    if (error) throw error;
  });
  t.after(async () => {
    await durability.close();
    database.close();
  });
  const first = durability.settle();
  const second = durability.settle();
  await assert.rejects(first, /EIO/);
  await second;
});

test("everything that was answered is in the database and its log, without a close", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.file("state.db");
  await using state = await openSqliteState({ file });
  await state.idempotency.claim("key", "digest", "one", 60_000);
  await state.idempotency.complete("key", "one", "outcome", 60_000);
  // What a crash leaves: the files as they are now.
  for (const suffix of ["", "-wal"]) copyFileSync(file + suffix, directory.file(`copy.db${suffix}`));
  assert.equal(
    existsSync(`${file}-shm`),
    false,
    "locked for one process: the index of the log is in its memory",
  );
  await using copy = await openSqliteState({ file: directory.file("copy.db") });
  assert.equal((await copy.idempotency.claim("key", "digest", "two", 60_000)).status, "completed");
});

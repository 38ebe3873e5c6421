import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { errorCode } from "@fairlead/core";
import { ManualClock } from "@fairlead/core/manual-clock";
import { startProcess, temporaryDirectory } from "@fairlead/harness";
import type { State } from "../state.ts";
import { openSqliteState } from "./open.ts";

const day = 86_400_000;

/** What each file of another program, or of a failing disk, looks like. */
const unusable: Record<string, (file: string) => void> = {
  "is no database": (file) => writeFileSync(file, "this was never a database\n".repeat(1_000)),
  "is of another version": (file) => {
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99; CREATE TABLE future (x)");
    database.close();
  },
  "has other tables": (file) => {
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE foreign_table (x)");
    database.close();
  },
  "has damaged pages": (file) => {
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 4_096);
    writeFileSync(file, bytes);
  },
  "is cut off": (file) => writeFileSync(file, readFileSync(file).subarray(0, 6_000)),
};

async function fill(state: State): Promise<void> {
  for (let i = 0; i < 50; i++) await state.values.set(`key ${i}`, "x".repeat(500), day);
}

for (const [what, damage] of Object.entries(unusable)) {
  test(`openSqliteState() sets a file aside that ${what}, and goes on`, async () => {
    await using directory = await temporaryDirectory();
    const file = directory.file("state.db");
    if (!what.includes("version") && !what.includes("tables")) {
      await using state = await openSqliteState({ file });
      await fill(state);
    }
    damage(file);
    const bytes = readFileSync(file);
    await using state = await openSqliteState({ file });
    const aside = readdirSync(directory.path).find((name) => /^state\.db\.damaged-[\dTZ-]+$/.test(name));
    assert(aside);
    assert.deepEqual(readFileSync(directory.file(aside)), bytes, "nothing of it is lost");
    const { isAvailable, problems } = state.health();
    assert.equal(isAvailable, true);
    assert.match(problems.join(), /moved to .*damaged-.*Lost with it: .*lease.*idempotency/);
    await fill(state);
    assert.equal(await state.values.get("key 1"), "x".repeat(500));
  });
}

test("openSqliteState() says STATE_IN_USE at once while another process has the file, and not after its kill -9", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.file("state.db");
  await using owner = await startProcess("--input-type=module", {
    args: [
      "-e",
      `import { openSqliteState } from ${JSON.stringify(import.meta.resolve("./open.ts"))};
       const state = await openSqliteState({ file: ${JSON.stringify(file)} });
       const lease = await state.leases.acquire("job", "owner", 60_000);
       await state.idempotency.claim("key", "digest", "owner", 60_000);
       await state.idempotency.complete("key", "owner", "outcome", 60_000);
       console.log(JSON.stringify(lease));
       setInterval(() => {}, 1_000);`,
    ],
  });
  const lease = await owner.waitForJson<{ fence: number }>();
  await assert.rejects(openSqliteState({ file }), { code: "STATE_IN_USE", retryable: false });
  await owner.kill();
  await using state = await openSqliteState({ file });
  assert.deepEqual(state.health(), { isAvailable: true, problems: [] });
  assert.equal(await state.leases.acquire("job", "another", 60_000), undefined);
  const mine = await state.leases.acquire("job", "owner", 60_000);
  assert(mine && mine.fence > lease.fence);
  assert.deepEqual(await state.idempotency.claim("key", "digest", "another", 60_000), {
    status: "completed",
    outcome: "outcome",
  });
});

test("openSqliteState() says why when the file cannot be opened at all", async () => {
  await using directory = await temporaryDirectory();
  writeFileSync(directory.file("file"), "");
  const inFile = openSqliteState({ file: directory.file("file/state.db") });
  await assert.rejects(inFile, { code: "STATE_UNAVAILABLE" });
});

test("a file that is damaged while it is open is set aside, and the state goes on by itself", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.file("state.db");
  await using state = await openSqliteState({ file });
  // More than SQLite keeps in memory, so that it has to read.
  for (let i = 0; i < 200; i++) await state.values.set(`key ${i}`, "x".repeat(60_000), day);
  for (const name of [file, `${file}-wal`]) {
    const handle = openSync(name, "r+");
    writeSync(handle, Buffer.alloc(statSync(name).size - 4_096, 0x5a), 0, undefined, 4_096);
    closeSync(handle);
  }
  const codes = new Set<string | undefined>();
  for (let i = 0; i < 200; i++) {
    await state.values.get(`key ${i}`).catch((error) => codes.add(errorCode(error)));
  }
  assert.deepEqual([...codes], ["STATE_UNAVAILABLE"]);
  await state.values.set("key 1", "after", day);
  assert.equal(await state.values.get("key 1"), "after");
  assert.equal(state.health().isAvailable, true);
  assert.match(state.health().problems.join(), /moved to/);
});

test("fences grow although the state file is lost", async () => {
  await using directory = await temporaryDirectory();
  let before: number;
  {
    await using state = await openSqliteState({ file: directory.file("state.db") });
    before = (await state.leases.acquire("job", "a", 60_000))?.fence ?? 0;
  }
  writeFileSync(directory.file("state.db"), "lost");
  await using state = await openSqliteState({ file: directory.file("state.db") });
  const after = await state.leases.acquire("job", "a", 60_000);
  assert(before > 0 && after && after.fence > before);
});

test("fences grow although the clock is set back by an hour", async () => {
  await using directory = await temporaryDirectory();
  let now = Date.UTC(2026, 0, 1);
  const clock = Object.assign(new ManualClock(), { nowMs: () => now });
  await using state = await openSqliteState({ file: directory.file("state.db"), clock });
  const before = await state.leases.acquire("job", "a", 1_000);
  now -= 3_600_000;
  const after = await state.leases.acquire("job", "a", 1_000);
  assert(before && after);
  assert.equal(after.fence, before.fence + 1);
});

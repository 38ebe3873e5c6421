import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { damagedFiles, flipBit, marker, overwrite } from "../../test/damage.ts";
import { temporaryDirectory } from "../../test/temporary.ts";
import { eventOf, range } from "../contract/support.ts";
import { openSpool } from "./open-spool.ts";
import { exportSpool, inspectSpool, verifySpool } from "./operations.ts";

async function fill(path: string, count: number): Promise<void> {
  await using spool = await openSpool({ path });
  await Promise.all(
    range(count).map((id) =>
      spool.append(eventOf(id, { data: Buffer.concat([marker(id), Buffer.alloc(500)]) })),
    ),
  );
}

test("inspectSpool() tells how many events wait, how large they are and since when", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "spool.db");
  await fill(path, 300);
  const status = await inspectSpool(path);
  assert.equal(status.events, 300);
  assert.equal(status.oldest, "2026-01-02T03:04:05.678Z");
  assert.ok(status.bytes > 300 * 500);
  assert.deepEqual([status.damagedEvents, status.problems], [0, []]);
});

test("inspectSpool() of an empty spool has no oldest event", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "spool.db");
  await fill(path, 0);
  const { events, oldest } = await inspectSpool(path);
  assert.deepEqual({ events, oldest }, { events: 0, oldest: undefined });
});

test("verifySpool() reads every event and counts what is damaged", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "spool.db");
  await fill(path, 300);
  // Everywhere: a page that was split keeps copies that are no longer valid.
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf(marker("7")); at >= 0; at = bytes.indexOf(marker("7"), at + 1))
    flipBit(path, at);
  const { events, damagedEvents, problems } = await verifySpool(path);
  assert.deepEqual({ events, damagedEvents }, { events: 299, damagedEvents: 1 });
  assert.match(problems.join(), /1 events of .* were found damaged/);
});

const destroyed: readonly (readonly [string, (path: string) => void])[] = [
  ["overwritten with noise", (path) => overwrite(path, 0, randomBytes(statSync(path).size))],
  ["replaced by a few bytes", (path) => writeFileSync(path, "not a database!")],
  ["cut to nothing", (path) => truncateSync(path, 0)],
];

for (const [what, destroy] of destroyed) {
  for (const operate of [verifySpool, inspectSpool]) {
    test(`${operate.name}() of a spool that was ${what} tells the repair and the file that it kept`, async () => {
      using directory = temporaryDirectory();
      const path = join(directory.path, "spool.db");
      await fill(path, 300);
      destroy(path);
      const { events, problems, keptFiles } = await operate(path);
      assert.deepEqual({ events, problems: problems.length }, { events: 0, problems: 1 });
      assert.match(problems[0]!, /was damaged .* how many are missing is not known exactly/);
      assert.deepEqual(
        keptFiles,
        damagedFiles(directory.path, path).map((name) => join(directory.path, name)),
      );
      // The new file is sound; that there was another is still said.
      const again = await verifySpool(path);
      assert.deepEqual([again.problems, again.keptFiles], [[], keptFiles]);
    });
  }
}

test("exportSpool() says at its end how the spool is", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "spool.db");
  await fill(path, 300);
  truncateSync(path, 0);
  await using events = exportSpool(path);
  const next = await events.next();
  assert.ok(next.done);
  assert.equal(next.value.problems.length, 1);
});

test("exportSpool() gives every event in order and leaves it there", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "spool.db");
  await fill(path, 300);
  const ids: string[] = [];
  for await (const { event } of exportSpool(path)) ids.push(event.id);
  assert.deepEqual(ids, range(300));
  assert.equal((await inspectSpool(path)).events, 300);
});

test("every operation refuses while a process owns the file, and where there is none", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "spool.db");
  const operations = [inspectSpool, verifySpool, (at: string) => exportSpool(at).next()];
  for (const operate of operations)
    await assert.rejects(operate(path), { code: "BUS_FAILED", retryable: false, message: /no such file/ });
  assert.equal(existsSync(path), false);
  await using _owner = await openSpool({ path });
  for (const operate of operations)
    await assert.rejects(operate(path), { code: "LOG_IN_USE", message: /a running Fairlead owns it/ });
});

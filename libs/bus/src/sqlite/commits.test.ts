import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CloudEvent } from "@fairlead/contracts";
import { BusError } from "../errors.ts";
import { Commits, type Group } from "./commits.ts";
import { openSqliteBus } from "./sqlite-bus.ts";

function sized(id: number, bytes: number): CloudEvent {
  const time = "2026-01-01T00:00:00.000Z";
  const data = Buffer.alloc(bytes, "x");
  return { id: `${id}`, source: "/t", type: "t", time, datacontenttype: "text/plain", data, extensions: {} };
}

const full = new BusError("LOG_FULL", "Cannot write: full");
const outcomes = async (published: Promise<unknown>[]) =>
  (await Promise.allSettled(published)).map(({ status }) => status === "fulfilled");

test("Commits.refuse() refuses everything that was published before the refusal was known, and nothing after", async () => {
  const posted: Group[] = [];
  const commits = new Commits({ maxPendingEvents: 100, maxPendingBytes: 1 << 30 }, (group) =>
    posted.push(group),
  );
  // Each fills a group: two go to the thread, one is sealed behind them, and a small one leaves a group open.
  const before = [1 << 20, 1 << 20, 1 << 20, 10].map((bytes, id) => commits.add(sized(id, bytes)));
  assert.equal(posted.length, 2);
  commits.refuse(full);
  const after = commits.add(sized(9, 1 << 20));
  // The thread refuses by itself what it holds of the same epoch.
  assert.equal(posted[1]!.epoch, posted[0]!.epoch);
  commits.refuse(full);
  assert.deepEqual(await outcomes(before), [false, false, false, false]);
  assert.equal(posted.length, 3);
  assert.notEqual(posted[2]!.epoch, posted[0]!.epoch);
  commits.confirm(1);
  assert.equal(await after, 1);
  assert.deepEqual([commits.pendingEvents, commits.pendingBytes], [0, 0]);
});

test("Commits.add() refuses for good what alone is more than may be pending", async () => {
  const commits = new Commits({ maxPendingEvents: 100, maxPendingBytes: 1 << 20 }, () => {});
  await assert.rejects(commits.add(sized(1, 3 << 20)), { code: "EVENT_TOO_LARGE", retryable: false });
  void commits.add(sized(2, 900 << 10));
  await assert.rejects(commits.add(sized(3, 900 << 10)), { code: "BUS_OVERLOADED", retryable: true });
});

test("SqliteBus.publish() accepts a prefix of what was published at once when the log becomes full on the way", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-order-"));
  try {
    await using bus = await openSqliteBus({ path: join(directory, "events.db"), maxBytes: 8 << 20 });
    // Large and small in turn: where a large one finds no room, the small one behind it would.
    const all = Array.from({ length: 60 }, (_, id) => bus.publish(sized(id, id % 2 === 0 ? 400 << 10 : 10)));
    const accepted = await outcomes(all);
    const firstRefused = accepted.indexOf(false);
    assert.ok(firstRefused > 0, "some fit, not all");
    assert.equal(accepted.lastIndexOf(true), firstRefused - 1);
    const stored: string[] = [];
    for await (const { event } of bus.tail({ after: 0, follow: false })) stored.push(event.id);
    assert.deepEqual(
      stored,
      Array.from({ length: firstRefused }, (_, id) => `${id}`),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

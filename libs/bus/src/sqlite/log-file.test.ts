import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { temporaryDirectory } from "../../test/temporary.ts";
import { LogFile } from "./log-file.ts";
import { Packer } from "./packer.ts";
import type { LogSettings } from "./thread-messages.ts";

const hour = 3_600_000;

function groupOf(count: number, bytes: number): Buffer {
  const packer = new Packer(1_024);
  for (let index = 0; index < count; index++) packer.add(0, undefined, "t", "[]", Buffer.alloc(bytes, "x"));
  return Buffer.from(packer.take(), 0, packer.bytes);
}

function openAt(path: string, clock: { now: number }, changes: Partial<LogSettings> = {}) {
  const settings = { path, maxAgeMs: 24 * hour, minAgeMs: hour, maxBytes: 64 << 20, ...changes };
  const log = new LogFile(settings, () => clock.now);
  return Object.assign(log, { [Symbol.dispose]: () => log.close() });
}

function offsetsOf(log: LogFile): { first: number | undefined; last: number } {
  const { firstOffset, lastOffset } = log.status();
  return { first: firstOffset, last: lastOffset };
}

function maintainAll(log: LogFile): void {
  while (log.maintain());
}

test("append() gives offsets without a gap, also after it is opened again", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  const clock = { now: 1_000 };
  {
    using log = openAt(path, clock);
    assert.equal(log.append(groupOf(3, 10), 3), 1);
    assert.equal(log.append(groupOf(2, 10), 2), 4);
  }
  using log = openAt(path, clock);
  assert.equal(log.append(groupOf(1, 10), 1), 6);
});

test("maintain() deletes what is older than maxAge, and nothing else", () => {
  using directory = temporaryDirectory();
  const clock = { now: 0 };
  using log = openAt(join(directory.path, "events.db"), clock);
  log.append(groupOf(3_000, 100), 3_000);
  clock.now = 12 * hour;
  log.append(groupOf(5, 100), 5);
  maintainAll(log);
  assert.deepEqual(offsetsOf(log), { first: 1, last: 3_005 });
  clock.now = 24 * hour + 1;
  maintainAll(log);
  assert.deepEqual(offsetsOf(log), { first: 3_001, last: 3_005 });
});

test("offsets are not given twice when retention has deleted every event", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  const clock = { now: 0 };
  {
    using log = openAt(path, clock);
    log.append(groupOf(7, 10), 7);
    clock.now = 48 * hour;
    maintainAll(log);
    assert.deepEqual(offsetsOf(log), { first: 8, last: 7 });
  }
  using log = openAt(path, clock);
  assert.equal(log.append(groupOf(1, 10), 1), 8);
});

test("append() at maxBytes deletes what is older than minAge, and refuses when nothing is", () => {
  using directory = temporaryDirectory();
  const clock = { now: 0 };
  using log = openAt(join(directory.path, "events.db"), clock, { maxBytes: 4 << 20 });
  const group = groupOf(10, 10_000);
  const fill = () => {
    for (let groups = 0; ; groups++) {
      try {
        log.append(group, 10);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "LOG_FULL");
        return groups;
      }
    }
  };
  const fitting = fill();
  assert.ok(fitting > 20);
  assert.equal(offsetsOf(log).first, 1);
  const { last } = offsetsOf(log);
  clock.now = 2 * hour;
  for (let groups = 0; groups < fitting; groups++) log.append(group, 10);
  assert.equal(offsetsOf(log).last, last + fitting * 10);
  assert.ok(offsetsOf(log).first! > 1);
});

test("a clock that was set back deletes nothing for want of room", () => {
  using directory = temporaryDirectory();
  const clock = { now: 100 * hour };
  using log = openAt(join(directory.path, "events.db"), clock);
  log.append(groupOf(10, 10), 10);
  clock.now = 50 * hour;
  maintainAll(log);
  assert.deepEqual(offsetsOf(log), { first: 1, last: 10 });
});

test("read() goes past a stretch without wanted events in bounded portions", () => {
  using directory = temporaryDirectory();
  using log = openAt(join(directory.path, "events.db"), { now: 0 });
  log.append(groupOf(5_000, 10), 5_000);
  let at = 0;
  let portions = 0;
  for (; at < log.lastOffset; portions++) {
    const { packed, scannedThrough } = log.read(at, log.lastOffset, ["other"]);
    assert.equal(packed.count, 0);
    assert.ok(scannedThrough > at);
    at = scannedThrough;
  }
  assert.ok(portions >= 4, `${portions} portions`);
});

test("the write-ahead log stays bounded while much is written", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  using log = openAt(path, { now: 0 }, { maxBytes: 32 << 20 });
  for (let groups = 0; groups < 100; groups++) log.append(groupOf(2, 65_536), 2);
  log.checkpoint();
  log.close();
  const db = new DatabaseSync(path);
  assert.equal(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
  assert.equal(db.prepare("SELECT count(*) AS n FROM events").get()?.["n"], 200);
  db.close();
});

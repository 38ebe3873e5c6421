import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";
import { finishReplacement, replaceDamaged } from "./replace.ts";
import { damagedName, setAside } from "./set-aside.ts";

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

test("setAside() keeps a file and what belongs to it under one name, with a number when that is taken", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("some.db");
  for (const suffix of ["", "-wal", "-journal"]) writeFileSync(path + suffix, "first");
  assert.equal(setAside(path, nowMs), `${path}.damaged-20260102T030405678Z`);
  // Only the log of an earlier file is left under this name.
  writeFileSync(`${path}.damaged-20260102T030405678Z-2-wal`, "other");
  writeFileSync(path, "second");
  assert.equal(setAside(path, nowMs), `${path}.damaged-20260102T030405678Z-3`);
  assert.deepEqual(readdirSync(directory.path).sort(), [
    "some.db.damaged-20260102T030405678Z",
    "some.db.damaged-20260102T030405678Z-2-wal",
    "some.db.damaged-20260102T030405678Z-3",
    "some.db.damaged-20260102T030405678Z-journal",
    "some.db.damaged-20260102T030405678Z-wal",
  ]);
});

test("replaceDamaged() puts the new file in place; a build that fails leaves the old one there", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("some.db");
  writeFileSync(path, "damaged");
  writeFileSync(`${path}.repairing`, "left by a crash");
  assert.throws(() =>
    replaceDamaged(path, () => {
      throw new Error("no room");
    }),
  );
  finishReplacement(path);
  assert.equal(readFileSync(path, "utf8"), "damaged");
  const { kept, built } = replaceDamaged(path, (at) => {
    assert.throws(() => readFileSync(at), { code: "ENOENT" });
    writeFileSync(at, "new");
    return 42;
  });
  assert.equal(built, 42);
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.equal(readFileSync(kept, "utf8"), "damaged");
});

for (const isMoved of [false, true]) {
  const moment = isMoved ? "after the damaged file was moved" : "before the damaged file was moved";
  test(`finishReplacement() puts the new file in place when a crash came ${moment}`, async () => {
    await using directory = await temporaryDirectory();
    const path = directory.file("some.db");
    const damaged = isMoved ? damagedName(path, nowMs) : path;
    writeFileSync(damaged, "damaged");
    writeFileSync(`${path}.repaired`, "new");
    finishReplacement(path);
    assert.equal(readFileSync(path, "utf8"), "new");
    assert.equal(readdirSync(directory.path).length, 2);
  });
}

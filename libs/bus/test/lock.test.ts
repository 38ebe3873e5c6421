import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { collect, eventOf, history, idsOf } from "../src/contract/support.ts";
import { openSqliteBus } from "../src/sqlite/sqlite-bus.ts";
import { temporaryDirectory } from "./temporary.ts";

const writer = new URL("./crash-writer.ts", import.meta.url).pathname;

async function startWriter(path: string) {
  const args = ["--disable-warning=ExperimentalWarning", writer, path, "1"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.stdout.resume();
  return child;
}

test("openSqliteBus() refuses a log of another process with LOG_IN_USE; kill -9 leaves no lock behind", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  const child = await startWriter(path);
  const exited = once(child, "exit");
  try {
    await assert.rejects(openSqliteBus({ path }), {
      code: "LOG_IN_USE",
      retryable: false,
      message: new RegExp(`^Cannot open the event log ${path}: another process`),
    });
    assert.equal(child.exitCode, null, "the owner was disturbed");
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
  await using bus = await openSqliteBus({ path });
  await bus.publish(eventOf("after"));
});

test("openSqliteBus() refuses a second opening in the same process and disturbs the first in nothing", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  await using bus = await openSqliteBus({ path });
  for (let time = 0; time < 3; time++) {
    await assert.rejects(openSqliteBus({ path }), { code: "LOG_IN_USE" });
    await bus.publish(eventOf(time));
  }
  assert.deepEqual(idsOf(await collect(bus, history)), ["0", "1", "2"]);
});

test("openSqliteBus() leaves no lock behind when it fails", async () => {
  using directory = temporaryDirectory();
  const blocked = join(directory.path, "file");
  writeFileSync(blocked, "");
  await assert.rejects(openSqliteBus({ path: join(blocked, "events.db") }), { code: "BUS_FAILED" });
  const path = join(directory.path, "events.db");
  await (await openSqliteBus({ path }))[Symbol.asyncDispose]();
  await using again = await openSqliteBus({ path });
  assert.equal(again.health().canAccept, true);
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { collect, history } from "../src/contract/support.ts";
import { openSqliteBus } from "../src/sqlite/sqlite-bus.ts";
import { temporaryDirectory } from "./temporary.ts";

const writer = new URL("./crash-writer.ts", import.meta.url).pathname;
const rounds = 20;

/** Runs a writer and kills it after it has printed about `lines` numbers. Returns the numbers that it printed. */
async function writeAndKill(path: string, first: number, lines: number): Promise<number[]> {
  const args = ["--disable-warning=ExperimentalWarning", writer, path, String(first)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "close");
  let output = "";
  child.stdout.setEncoding("utf8");
  let seen = 0;
  child.stdout.on("data", (text: string) => {
    output += text;
    seen += text.split("\n").length - 1;
    if (seen >= lines) child.kill("SIGKILL");
  });
  const [code, signal] = await exited;
  assert.deepEqual([code, signal], [null, "SIGKILL"], "the writer ended by itself");
  // What stands behind the last newline is a number cut off by the kill.
  return output.split("\n").slice(0, -1).map(Number);
}

test(`publish() loses nothing acknowledged over ${rounds} kills at random moments`, async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "events.db");
  const acknowledged = new Set<number>();
  let next = 1;
  for (let round = 0; round < rounds; round++) {
    const printed = await writeAndKill(path, next, 1 + Math.floor(Math.random() * 1_500));
    for (const id of printed) acknowledged.add(id);
    await using bus = await openSqliteBus({ path });
    const logged = await collect(bus, history);
    const stored = logged.map(({ event }) => Number(event.id));
    const storedSet = new Set(stored);
    const missing = [...acknowledged].filter((id) => !storedSet.has(id));
    assert.deepEqual(missing, [], `acknowledged and not stored in round ${round}`);
    for (const [index, id] of stored.entries()) {
      assert.ok(id > (stored[index - 1] ?? 0), `${id} stands behind ${stored[index - 1]}`);
      assert.equal(Buffer.from(logged[index]!.event.data).toString("latin1", 0, 1), String(id)[0]);
    }
    assert.deepEqual(bus.health().problems, []);
    next = (stored.at(-1) ?? 0) + 1;
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@fairlead/core";
import { ManualClock } from "@fairlead/core/manual-clock";
import { QuietLog } from "./quiet-log.ts";

test("QuietLog writes each thing once in ten seconds, and again at once when it was over", async () => {
  const lines: string[] = [];
  const clock = new ManualClock();
  const log = new QuietLog(
    {
      ...silentLogger,
      warn: (_, message) => lines.push(`warn ${message}`),
      error: (_, message) => lines.push(`error ${message}`),
    },
    clock,
  );
  for (let i = 0; i < 3; i++) log.warn("a", {}, "a");
  log.error("b", {}, "b");
  assert.deepEqual(lines.splice(0), ["warn a", "error b"]);
  await clock.advance(9_999);
  log.warn("a", {}, "a");
  assert.deepEqual(lines, []);
  await clock.advance(1);
  log.warn("a", {}, "a");
  log.forget("b");
  log.error("b", {}, "b");
  assert.deepEqual(lines, ["warn a", "error b"]);
});

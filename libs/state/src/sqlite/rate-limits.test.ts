import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@fairlead/core/manual-clock";
import { temporaryDirectory } from "@fairlead/harness";
import fc from "fast-check";
import { GcraModel, gcraRuns } from "../contract/gcra-model.ts";
import { openSqliteState } from "./open.ts";

test("take() decides as the model of GCRA does, for any limit and any calls", async () => {
  await using directory = await temporaryDirectory();
  const clock = new ManualClock();
  await using state = await openSqliteState({ file: directory.file("state.db"), clock });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(gcraRuns, async ({ permits, seconds, burst, pauses }) => {
      const model = new GcraModel(permits, seconds, burst);
      const key = `run ${runs++}`;
      for (const [call, pauseMs] of pauses.entries()) {
        await clock.advance(pauseMs);
        const decision = await state.rateLimits.take(key, permits / seconds, burst, `${call}`);
        assert.deepEqual(decision, model.take(clock.nowMs() * 1_000));
      }
    }),
  );
});

test("take() keeps what is out when the rate of a limit changes, and forgets a limit only when it is idle", async () => {
  await using directory = await temporaryDirectory();
  const clock = new ManualClock();
  await using state = await openSqliteState({ file: directory.file("state.db"), clock });
  const { rateLimits } = state;
  for (let i = 0; i < 10; i++) await rateLimits.take("key", 1, 10, `${i}`);
  await clock.advance(4_000); // 6 are out
  assert.equal((await rateLimits.take("key", 2, 10, "a")).remaining, 3);
  await clock.advance(1_000); // 5 are out
  assert.equal((await rateLimits.take("key", 2, 10, "b")).remaining, 4);
  await clock.advance(60_000);
  assert.equal((await rateLimits.take("key", 2, 10, "c")).remaining, 9);
});

test("take() gives nothing for free when the clock is set back", async () => {
  await using directory = await temporaryDirectory();
  let now = 1_000_000;
  const clock = Object.assign(new ManualClock(), { nowMs: () => now });
  await using state = await openSqliteState({ file: directory.file("state.db"), clock });
  await state.rateLimits.take("key", 1, 2, "1");
  await state.rateLimits.take("key", 1, 2, "2");
  now -= 500_000;
  assert.equal((await state.rateLimits.take("key", 1, 2, "3")).isAllowed, false);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "../test/manual-clock.ts";
import { FairleadError } from "./errors.ts";
import { backoffMs, retry } from "./retry.ts";

/** Fails so often, then gives the number of the attempt. */
function failing(times: number, error: unknown) {
  return async (attempt: number) => {
    if (attempt <= times) throw error;
    return attempt;
  };
}

async function advancing<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let isOver = false;
  const settled = work.finally(() => {
    isOver = true;
  });
  settled.catch(() => {});
  for (let turn = 0; !isOver && turn < 100; turn++) {
    await clock.advance(100_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}

describe("backoffMs()", () => {
  test("is between half of the bound and the bound, which doubles up to its maximum", () => {
    const numbers = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), numbers, (attempt, random) => {
        const delay = backoffMs(attempt, { minDelayMs: 100, maxDelayMs: 5_000, random: () => random });
        const bound = Math.min(5_000, 100 * 2 ** (attempt - 1));
        assert.ok(delay >= bound / 2 && delay <= bound, `${delay} of ${bound}`);
      }),
    );
  });
});

describe("retry()", () => {
  test("calls until it succeeds and tells of each wait", async () => {
    const clock = new ManualClock();
    const told: [number, number][] = [];
    const work = retry(failing(2, new Error("no")), {
      clock,
      random: () => 0,
      onRetry: (_, attempt, delayMs) => told.push([attempt, delayMs]),
    });
    assert.equal(await advancing(clock, work), 3);
    assert.deepEqual(told, [
      [1, 50],
      [2, 100],
    ]);
  });

  test("throws the last error when the attempts are used up", async () => {
    const clock = new ManualClock();
    const error = new Error("still no");
    await assert.rejects(advancing(clock, retry(failing(9, error), { clock, maxAttempts: 3 })), error);
  });

  test("does not repeat what says that it is not retryable", async () => {
    let calls = 0;
    const work = retry(async () => {
      calls++;
      throw new FairleadError("NO", "Cannot");
    });
    await assert.rejects(work, { code: "NO" });
    assert.equal(calls, 1);
  });

  test("repeats what says that it is retryable", async () => {
    const clock = new ManualClock();
    const error = new FairleadError("BUSY", "Cannot", { retryable: true });
    assert.equal(await advancing(clock, retry(failing(1, error), { clock })), 2);
  });

  test("throws the signal's reason when it fires during a wait, and does not call again", async () => {
    const reason = new Error("shutting down");
    const controller = new AbortController();
    let calls = 0;
    const work = retry(
      async () => {
        calls++;
        throw new Error("no");
      },
      {
        signal: controller.signal,
        minDelayMs: 60_000,
        maxDelayMs: 60_000,
        onRetry: () => controller.abort(reason),
      },
    );
    await assert.rejects(work, reason);
    assert.equal(calls, 1);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "../test/manual-clock.ts";
import { RateLimiter, Semaphore } from "./limiter.ts";

describe("RateLimiter", () => {
  test("take() allows the burst, then one at the rate, and says how long to wait", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(10, 3, clock);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => limiter.take()),
      [0, 0, 0, 100, 100],
    );
    await clock.advance(99);
    assert.equal(limiter.take(), 1);
    await clock.advance(1);
    assert.deepEqual([limiter.take(), limiter.take()], [0, 100]);
  });

  test("isIdle is true once all permits are back", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(10, 2, clock);
    assert.equal(limiter.isIdle, true);
    limiter.take();
    limiter.take();
    await clock.advance(199);
    assert.equal(limiter.isIdle, false);
    await clock.advance(1);
    assert.equal(limiter.isIdle, true);
  });

  test("never allows more than burst + rate x time, and always allows after the wait it names", async () => {
    const steps = fc.array(fc.nat(50), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 8, 125),
        fc.integer({ min: 1, max: 5 }),
        steps,
        async (rate, burst, waits) => {
          const clock = new ManualClock(0);
          const limiter = new RateLimiter(rate, burst, clock);
          let allowed = 0;
          for (const wait of waits) {
            await clock.advance(wait);
            if (limiter.take() === 0) allowed++;
            assert.ok(allowed <= burst + (rate * clock.nowMs()) / 1_000);
          }
          const left = limiter.take();
          if (left === 0) return;
          await clock.advance(left);
          assert.equal(limiter.take(), 0);
        },
      ),
      { numRuns: 50 },
    );
  });

  for (const [rate, burst] of [
    [0, 1],
    [-1, 1],
    [Number.NaN, 1],
    [1, 0],
    [1, Number.NaN],
  ] as const) {
    test(`refuses ${rate}/s with a burst of ${burst}`, () => {
      assert.throws(() => new RateLimiter(rate, burst), { code: "BAD_LIMIT" });
    });
  }
});

describe("Semaphore", () => {
  test("acquire() lets in as many as the limit, the others in order as places come free", async () => {
    const semaphore = new Semaphore(2);
    const entered: number[] = [];
    const places = [0, 1, 2, 3].map(async (index) => {
      const place = await semaphore.acquire();
      entered.push(index);
      return place;
    });
    const [first] = await Promise.all(places.slice(0, 2));
    assert.deepEqual([entered, semaphore.held], [[0, 1], 2]);
    first![Symbol.dispose]();
    // A place that is given back twice is still one place.
    first![Symbol.dispose]();
    const third = await places[2]!;
    assert.deepEqual([entered, semaphore.held], [[0, 1, 2], 2]);
    third[Symbol.dispose]();
    for (const place of [await places[1]!, await places[3]!]) place[Symbol.dispose]();
    assert.equal(semaphore.held, 0);
  });

  for (const limit of [0, -1, 1.5, Number.NaN]) {
    test(`refuses a limit of ${limit}`, () => {
      assert.throws(() => new Semaphore(limit), { code: "BAD_LIMIT" });
    });
  }
});

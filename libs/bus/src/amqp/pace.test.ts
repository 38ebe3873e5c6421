import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Pace } from "./pace.ts";

const timeoutMs = 2_000;

test("Pace begins with all, after trouble with one, and doubles with each round of quick confirms", () => {
  const pace = new Pace(1_024, timeoutMs);
  assert.equal(pace.allowed, 1_024);
  pace.restart();
  const seen: number[] = [];
  for (let round = 0; round < 12; round++) {
    seen.push(pace.allowed);
    pace.confirmed(pace.allowed, 10);
  }
  assert.deepEqual(seen, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_024]);
  assert.ok(pace.isFull);
});

test("Pace brings a broker that confirms some a second to confirms well within the time limit, and keeps it there", () => {
  const rates = fc.integer({ min: 4, max: 100_000 });
  fc.assert(
    fc.property(rates, fc.boolean(), (perSecond, wasCut) => {
      const pace = new Pace(1_024, timeoutMs);
      if (wasCut) pace.restart();
      for (let round = 0; round < 60; round++) {
        const tookMs = (pace.allowed / perSecond) * 1_000;
        if (round > 30) assert.ok(tookMs <= timeoutMs / 2, `${tookMs} ms in round ${round}`);
        pace.confirmed(pace.allowed, tookMs);
      }
      // No less than what is quick, or everything.
      assert.ok(pace.isFull || (pace.allowed / perSecond) * 1_000 > timeoutMs / 20);
    }),
  );
});

test("Pace never allows less than one", () => {
  const pace = new Pace(8, timeoutMs);
  for (let round = 0; round < 50; round++) pace.confirmed(1, timeoutMs);
  assert.equal(pace.allowed, 1);
});

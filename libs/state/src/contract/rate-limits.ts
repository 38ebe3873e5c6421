import assert from "node:assert/strict";
import { test } from "node:test";
import { awkwardNames, type OpenSubject } from "./subject.ts";

/** So slow that no permit comes back during a test. */
const slow = 0.001;

export function rateLimitsContract(open: OpenSubject): void {
  test("take() gives the burst, counts it down, and says when the next permit comes", async () => {
    await using subject = await open();
    const { first, second } = subject;
    const decisions = [];
    for (let i = 0; i < 3; i++) {
      decisions.push(await (i % 2 ? first : second).rateLimits.take("key", slow, 3, `call ${i}`));
    }
    assert.deepEqual(
      decisions.map(({ isAllowed, remaining, retryAfterMs }) => [isAllowed, remaining, retryAfterMs]),
      [
        [true, 2, 0],
        [true, 1, 0],
        [true, 0, 0],
      ],
    );
    const refused = await first.rateLimits.take("key", slow, 3, "one too many");
    assert.equal(refused.isAllowed, false);
    assert.equal(refused.remaining, 0);
    assert(refused.retryAfterMs > 900_000 && refused.retryAfterMs <= 1_000_000);
  });

  test("take() with the same call takes no second permit", async () => {
    await using subject = await open();
    const { rateLimits } = subject.first;
    for (let i = 0; i < 5; i++) {
      const decision = await rateLimits.take("key", slow, 2, "same");
      assert.deepEqual(decision, { isAllowed: true, retryAfterMs: 0, remaining: 1 });
    }
    assert.equal((await rateLimits.take("key", slow, 2, "next")).isAllowed, true);
    assert.equal((await rateLimits.take("key", slow, 2, "last")).isAllowed, false);
    assert.equal((await rateLimits.take("another key", slow, 2, "same")).remaining, 1);
  });

  test("take() counts 1,000 calls at once exactly", async () => {
    await using subject = await open();
    const takes = Array.from({ length: 1_000 }, (_, i) =>
      (i % 2 ? subject.first : subject.second).rateLimits.take("key", slow, 300, `call ${i}`),
    );
    const allowed = (await Promise.all(takes)).filter(({ isAllowed }) => isAllowed);
    assert.equal(allowed.length, 300);
    assert.deepEqual(
      allowed.map(({ remaining }) => remaining).toSorted((a, b) => a - b),
      Array.from({ length: 300 }, (_, i) => i),
    );
  });

  test("permits come back at the rate; a refusal costs nothing and its waiting time is enough", async () => {
    await using subject = await open();
    const { rateLimits } = subject.first;
    const rate = 0.02; // One in 50 seconds: none comes back before the time is let go by.
    assert.equal((await rateLimits.take("key", rate, 1, "1")).isAllowed, true);
    const refused = await rateLimits.take("key", rate, 1, "2");
    assert.equal(refused.isAllowed, false);
    assert(refused.retryAfterMs > 0 && refused.retryAfterMs <= 50_000);
    await rateLimits.take("key", rate, 1, "3");
    await subject.pass(refused.retryAfterMs);
    assert.equal((await rateLimits.take("key", rate, 1, "4")).isAllowed, true);
    await subject.pass(250_000);
    assert.equal((await rateLimits.take("key", rate, 1, "5")).remaining, 0);
  });

  test("keys that look alike are different limits", async () => {
    await using subject = await open();
    for (const key of awkwardNames) {
      assert.equal((await subject.first.rateLimits.take(key, slow, 1, key)).isAllowed, true);
    }
    for (const key of awkwardNames) {
      assert.equal((await subject.first.rateLimits.take(key, slow, 1, "other")).isAllowed, false);
    }
  });

  test("what is no limit is refused", async () => {
    await using subject = await open();
    for (const [rate, burst] of [
      [0, 1],
      [-1, 1],
      [Number.NaN, 1],
      [Number.POSITIVE_INFINITY, 1],
      [1, 0],
      [1, 1.5],
      [1e-9, 1],
    ] as const) {
      const take = subject.first.rateLimits.take("key", rate, burst, "call");
      await assert.rejects(take, { code: "INVALID_ARGUMENT" });
    }
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { awkwardNames, longTtlMs, type OpenSubject, shortTtlMs } from "./subject.ts";

export function idempotencyContract(open: OpenSubject): void {
  test("claim() takes a request once through: claimed, pending for others, completed with its outcome", async () => {
    await using subject = await open();
    const { first, second } = subject;
    assert.deepEqual(await first.idempotency.claim("key", "digest", "one", longTtlMs), { status: "claimed" });
    assert.deepEqual(await second.idempotency.claim("key", "digest", "two", longTtlMs), {
      status: "pending",
    });
    assert.equal(await second.idempotency.complete("key", "two", "not mine", longTtlMs), false);
    assert.equal(await first.idempotency.complete("key", "one", "done ✓", longTtlMs), true);
    const completed = { status: "completed", outcome: "done ✓" };
    assert.deepEqual(await second.idempotency.claim("key", "digest", "two", longTtlMs), completed);
    assert.deepEqual(await first.idempotency.claim("key", "digest", "one", longTtlMs), completed);
  });

  test("claim() refuses the key for another request, before and after it is completed", async () => {
    await using subject = await open();
    const { idempotency } = subject.first;
    await idempotency.claim("key", "digest", "one", longTtlMs);
    assert.deepEqual(await idempotency.claim("key", "other", "two", longTtlMs), { status: "mismatch" });
    await idempotency.complete("key", "one", "", longTtlMs);
    assert.deepEqual(await idempotency.claim("key", "other", "one", longTtlMs), { status: "mismatch" });
  });

  test("every operation says the same when it is repeated with the same claim", async () => {
    await using subject = await open();
    const { idempotency } = subject.first;
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await idempotency.claim("a", "digest", "one", longTtlMs), { status: "claimed" });
    }
    for (let i = 0; i < 3; i++)
      assert.equal(await idempotency.complete("a", "one", "outcome", longTtlMs), true);
    assert.equal(await idempotency.complete("a", "one", "another outcome", longTtlMs), false);
    assert.equal(await idempotency.abandon("a", "one"), false);
    const completed = { status: "completed", outcome: "outcome" };
    assert.deepEqual(await idempotency.claim("a", "digest", "two", longTtlMs), completed);

    await idempotency.claim("b", "digest", "one", longTtlMs);
    for (let i = 0; i < 3; i++) assert.equal(await idempotency.abandon("b", "one"), true);
    assert.equal(await idempotency.complete("b", "one", "too late", longTtlMs), false);
  });

  test("abandon() frees the key for any request, and only for who has claimed it", async () => {
    await using subject = await open();
    const { idempotency } = subject.first;
    assert.equal(await idempotency.abandon("never claimed", "one"), false);
    await idempotency.claim("key", "digest", "one", longTtlMs);
    assert.equal(await idempotency.abandon("key", "two"), false);
    assert.equal(await idempotency.abandon("key", "one"), true);
    assert.deepEqual(await idempotency.claim("key", "other", "two", longTtlMs), { status: "claimed" });
    assert.equal(await idempotency.abandon("key", "one"), false);
    assert.equal(await idempotency.complete("key", "two", "", longTtlMs), true);
  });

  test("one of many that claim at once has the claim", async () => {
    await using subject = await open();
    const claims = Array.from({ length: 100 }, (_, i) =>
      (i % 2 ? subject.first : subject.second).idempotency.claim("key", "digest", `claim ${i}`, longTtlMs),
    );
    const statuses = (await Promise.all(claims)).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === "claimed").length, 1);
    assert.equal(statuses.filter((status) => status === "pending").length, 99);
  });

  test("a claim and an outcome are gone after their time, and kept by complete() for the new time", async () => {
    await using subject = await open();
    const { idempotency } = subject.first;
    await idempotency.claim("claim", "digest", "one", shortTtlMs);
    await idempotency.claim("kept", "digest", "one", shortTtlMs);
    await idempotency.complete("kept", "one", "x", longTtlMs);
    await subject.pass(shortTtlMs + 50);
    assert.equal(await idempotency.complete("claim", "one", "too late", longTtlMs), false);
    assert.deepEqual(await idempotency.claim("claim", "other", "two", longTtlMs), { status: "claimed" });
    assert.equal((await idempotency.claim("kept", "digest", "two", longTtlMs)).status, "completed");
  });

  test("claims and outcomes survive a crash", async () => {
    await using subject = await open();
    await subject.first.idempotency.claim("open", "digest", "one", longTtlMs);
    await subject.first.idempotency.claim("done", "digest", "one", longTtlMs);
    await subject.first.idempotency.complete("done", "one", "outcome", longTtlMs);
    await subject.restart();
    const { idempotency } = subject.first;
    assert.equal((await idempotency.claim("open", "digest", "two", longTtlMs)).status, "pending");
    const completed = { status: "completed", outcome: "outcome" };
    assert.deepEqual(await idempotency.claim("done", "digest", "two", longTtlMs), completed);
  });

  test("keys that look alike are different; an outcome of 64 KiB is kept whole, one more byte is refused", async () => {
    await using subject = await open();
    const { idempotency } = subject.first;
    const outcome = `${"é".repeat(32 * 1_024 - 1)}xy`;
    for (const key of awkwardNames) {
      assert.equal((await idempotency.claim(key, key, key, longTtlMs)).status, "claimed");
      assert.equal(await idempotency.complete(key, key, outcome, longTtlMs), true);
    }
    for (const key of awkwardNames) {
      assert.deepEqual(await idempotency.claim(key, key, key, longTtlMs), { status: "completed", outcome });
    }
    await idempotency.claim("large", "digest", "one", longTtlMs);
    await assert.rejects(idempotency.complete("large", "one", `${outcome}z`, longTtlMs), {
      code: "VALUE_TOO_LARGE",
    });
  });
}

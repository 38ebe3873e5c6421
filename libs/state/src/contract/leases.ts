import assert from "node:assert/strict";
import { test } from "node:test";
import { awkwardNames, longTtlMs, type OpenSubject, shortTtlMs } from "./subject.ts";

export function leasesContract(open: OpenSubject): void {
  test("acquire() gives the lease to one holder, and to the next after its release", async () => {
    await using subject = await open();
    const { first, second } = subject;
    const mine = await first.leases.acquire("job", "a", longTtlMs);
    assert(mine);
    assert.equal(mine.name, "job");
    assert.equal(mine.holder, "a");
    assert(Number.isSafeInteger(mine.fence) && mine.fence > 0);
    assert.equal(await second.leases.acquire("job", "b", longTtlMs), undefined);
    assert.equal(await first.leases.release(mine), true);
    const theirs = await second.leases.acquire("job", "b", longTtlMs);
    assert(theirs && theirs.fence > mine.fence);
  });

  test("acquire() by the holder itself gives a higher fence, and the older lease is dead", async () => {
    await using subject = await open();
    const { leases } = subject.first;
    const older = await leases.acquire("job", "a", longTtlMs);
    const newer = await leases.acquire("job", "a", longTtlMs);
    assert(older && newer && newer.fence > older.fence);
    assert.equal(await leases.renew(older, longTtlMs), undefined);
    assert.equal(await leases.release(older), false);
    assert(await leases.renew(newer, longTtlMs));
  });

  test("acquire() gives one of many that ask at once the lease", async () => {
    await using subject = await open();
    const { first, second } = subject;
    const asked = Array.from({ length: 100 }, (_, i) =>
      (i % 2 ? first : second).leases.acquire("contended", `holder ${i}`, longTtlMs),
    );
    const given = (await Promise.all(asked)).filter((lease) => lease !== undefined);
    assert.equal(given.length, 1);
  });

  test("an expired lease is another's for the taking, with a higher fence, and comes back to nobody", async () => {
    await using subject = await open();
    const { first, second } = subject;
    const mine = await first.leases.acquire("job", "a", shortTtlMs);
    assert(mine);
    await subject.pass(shortTtlMs + 50);
    assert.equal(await first.leases.renew(mine, longTtlMs), undefined);
    assert.equal(await first.leases.release(mine), false);
    const theirs = await second.leases.acquire("job", "b", longTtlMs);
    assert(theirs && theirs.fence > mine.fence);
    assert.equal(await first.leases.renew(mine, longTtlMs), undefined);
    assert.equal(await first.leases.release(mine), false);
    assert(await second.leases.renew(theirs, longTtlMs));
  });

  test("renew() moves the expiry, as often as it is repeated", async () => {
    await using subject = await open();
    const { leases } = subject.first;
    let lease = await leases.acquire("job", "a", shortTtlMs);
    assert(lease);
    const { fence, expiresAtMs } = lease;
    for (let i = 0; i < 3; i++) {
      await subject.pass(shortTtlMs / 2);
      lease = await leases.renew(lease, shortTtlMs);
      assert(lease);
    }
    assert.equal(lease.fence, fence);
    assert(lease.expiresAtMs > expiresAtMs + shortTtlMs);
    const longer = await leases.renew(lease, longTtlMs);
    assert(longer && longer.expiresAtMs > lease.expiresAtMs + shortTtlMs);
  });

  test("release() says the same when it is repeated, and harms no later holder", async () => {
    await using subject = await open();
    const { leases } = subject.first;
    const mine = await leases.acquire("job", "a", longTtlMs);
    assert(mine);
    assert.equal(await leases.release(mine), true);
    assert.equal(await leases.release(mine), true);
    assert.equal(await leases.renew(mine, longTtlMs), undefined);
    const theirs = await leases.acquire("job", "b", longTtlMs);
    assert(theirs);
    assert.equal(await leases.release(mine), false);
    assert.equal(await leases.acquire("job", "c", longTtlMs), undefined);
    assert.equal(await leases.release({ ...theirs, holder: "a" }), false);
    assert.equal(await leases.release({ ...theirs, name: "never heard of" }), false);
  });

  test("fences grow over release, expiry and a crash; a lease survives a crash", async () => {
    await using subject = await open();
    const fences: number[] = [];
    for (let round = 0; round < 3; round++) {
      const released = await subject.first.leases.acquire("job", "a", longTtlMs);
      assert(released);
      fences.push(released.fence);
      await subject.first.leases.release(released);
      const expired = await subject.first.leases.acquire("job", "b", shortTtlMs);
      assert(expired);
      fences.push(expired.fence);
      await subject.pass(shortTtlMs + 50);
      const held = await subject.first.leases.acquire("job", "c", longTtlMs);
      assert(held);
      fences.push(held.fence);
      await subject.restart();
      assert.equal(await subject.first.leases.acquire("job", "d", longTtlMs), undefined);
      assert(await subject.first.leases.renew(held, longTtlMs));
      assert.equal(await subject.first.leases.release(held), true);
    }
    assert.deepEqual(
      fences,
      fences.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(fences).size, fences.length);
  });

  test("names that look alike are different leases", async () => {
    await using subject = await open();
    for (const name of awkwardNames) {
      const lease = await subject.first.leases.acquire(name, name, longTtlMs);
      assert.equal(lease?.name, name);
      assert.equal(lease.holder, name);
    }
    for (const name of awkwardNames) {
      assert.equal(await subject.first.leases.acquire(name, "other", longTtlMs), undefined);
    }
  });

  test("what is no name or no time is refused", async () => {
    await using subject = await open();
    const { leases } = subject.first;
    await assert.rejects(leases.acquire("x".repeat(1_025), "a", 1), { code: "VALUE_TOO_LARGE" });
    for (const name of ["", "a\0b", "\ud800"]) {
      await assert.rejects(leases.acquire(name, "a", 1), { code: "INVALID_ARGUMENT" });
    }
    for (const ttlMs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(leases.acquire("job", "a", ttlMs), { code: "INVALID_ARGUMENT", retryable: false });
    }
  });
}

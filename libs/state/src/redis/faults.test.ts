import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { errorCode, retry, systemClock } from "@fairlead/core";
import {
  eventually,
  freePort,
  redisMissing,
  skipOrFail,
  startProxy,
  startRedis,
  type TestRedis,
} from "@fairlead/harness";
import type { State } from "../state.ts";
import { openRedisState } from "./open.ts";

const isReady = (state: State) => state.health().isAvailable;
/** No answer is late, however long this process stood still. */
const limits = { commandTimeoutMs: 60_000, operationTimeoutMs: 120_000, maxReconnectDelayMs: 100 };

/** Every operation, for "away" in all its forms; true for those that go on while Redis is away. */
const operations: Record<string, [(state: State) => Promise<unknown>, boolean]> = {
  "leases.acquire": [(state) => state.leases.acquire("a", "b", 1_000), false],
  "leases.renew": [(s) => s.leases.renew({ name: "a", holder: "b", fence: 1, expiresAtMs: 0 }, 1_000), false],
  "leases.release": [(s) => s.leases.release({ name: "a", holder: "b", fence: 1, expiresAtMs: 0 }), false],
  "idempotency.claim": [(state) => state.idempotency.claim("a", "b", "c", 1_000), false],
  "idempotency.complete": [(state) => state.idempotency.complete("a", "c", "", 1_000), false],
  "idempotency.abandon": [(state) => state.idempotency.abandon("a", "c"), false],
  "rateLimits.take": [(state) => state.rateLimits.take("a", 1, 1, "b"), false],
  "presence.find": [(state) => state.presence.find("a"), false],
  "presence.list": [(state) => state.presence.list({ limit: 1 }), false],
  "presence.members": [(state) => state.presence.members("a", { limit: 1 }), false],
  "presence.beat": [(state) => state.presence.beat("one", 60_000), true],
  "presence.join": [(s) => s.presence.join("one", [{ id: "a", instance: "one", info: {} }]), true],
  "presence.enter": [(state) => state.presence.enter("room", "a"), true],
  "presence.exit": [(state) => state.presence.exit("other room", "a"), true],
  "presence.leave": [(state) => state.presence.leave("one", ["gone"]), true],
  "values.set": [(state) => state.values.set("a", 1, 1_000), false],
  "values.get": [(state) => state.values.get("a"), false],
  "values.delete": [(state) => state.values.delete("a"), false],
};

async function assertAway(state: State): Promise<void> {
  for (const [name, [operation, goesOn]] of Object.entries(operations)) {
    if (goesOn) await operation(state);
    else await assert.rejects(operation(state), { code: "STATE_UNAVAILABLE", retryable: true }, name);
  }
}

describe("Redis faults", { skip: skipOrFail(redisMissing()) }, () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });
  after(() => redis[Symbol.asyncDispose]());

  test("killed: operations fail at once in words, presence goes on, all is well after the restart", async () => {
    await using state = await openRedisState({ ...redis, ...limits });
    await state.presence.beat("one", 60_000);
    const lease = await state.leases.acquire("killed", "a", 60_000);
    assert(lease);
    await redis.kill();
    await eventually(() => !isReady(state), "the loss of the connection");
    await assertAway(state);
    const [problem] = state.health().problems;
    assert.match(
      problem ?? "",
      new RegExp(`^Redis at 127.0.0.1:${redis.port} has been away since \\d{4}-.*ECONNREFUSED`),
    );
    await redis.start();
    await eventually(() => isReady(state), "the connection after the restart");
    assert.deepEqual(state.health().problems, []);
    assert.equal(await state.leases.acquire("killed", "b", 60_000), undefined, "the lease survived");
    const again = await state.leases.acquire("killed", "a", 60_000);
    assert(again && again.fence > lease.fence);
    await state.presence.beat("one", 60_000);
    assert.equal((await state.presence.find("a"))?.instance, "one", "what joined while it was away");
    assert.equal((await state.presence.members("room", { limit: 9 })).length, 1);
  });

  test("absent at the start: the state opens, says so, and works as soon as Redis is there", async () => {
    const port = await freePort();
    await using state = await openRedisState({ url: `redis://127.0.0.1:${port}`, ...limits });
    assert.equal(isReady(state), false);
    await assertAway(state);
    await using _ = await startProxy({ port: redis.port }, port); // A Redis comes up on the port.
    await eventually(() => isReady(state), "the connection to a Redis that came late");
    await state.values.set("late", true, 60_000);
    assert.equal(await state.values.get("late"), true);
  });

  test("stopped (SIGSTOP): an operation fails within its time, later ones at once, all is well when it goes on", async () => {
    const commandTimeoutMs = 2_000;
    await using state = await openRedisState({ ...redis, ...limits, commandTimeoutMs });
    redis.pause();
    try {
      await assert.rejects(state.values.get("a"), { code: "STATE_UNAVAILABLE" });
      await eventually(() => !isReady(state), "that the state knows");
      // In ticks: a stretch where this process stood still counts as one of them.
      let waitedMs = 0;
      const ticking = setInterval(() => {
        waitedMs += 50;
      }, 50);
      await assertAway(state).finally(() => clearInterval(ticking));
      // Thirteen fail. Had each waited for its own time limit, this would be twice as long.
      assert(waitedMs < (13 / 2) * commandTimeoutMs, `${waitedMs} ms`);
      assert.match(state.health().problems.join(), /has been away since/);
    } finally {
      redis.resume();
    }
    await eventually(() => isReady(state), "the connection after it went on");
    await state.values.set("a", 1, 60_000);
    assert.equal(await state.values.get("a"), 1);
  });

  test("scripts forgotten (SCRIPT FLUSH): nobody notices", async () => {
    await using state = await openRedisState({ ...redis, ...limits });
    for (let i = 0; i < 3; i++) {
      assert((await state.leases.acquire("scripted", "a", 60_000)) !== undefined);
      assert.equal(await redis.command("SCRIPT FLUSH"), "+OK");
    }
  });

  test("flushed: fences still grow, presence is back with the next beat", async () => {
    await using state = await openRedisState({ ...redis, ...limits });
    await state.presence.beat("one", 60_000);
    await state.presence.join(
      "one",
      Array.from({ length: 450 }, (_, i) => ({ id: `c${i}`, instance: "one", info: { i } })),
    );
    await state.presence.enter("room", "c7");
    await state.presence.leave("one", ["c8"]);
    const before = await state.leases.acquire("flushed", "a", 60_000);
    assert.equal(await redis.command("FLUSHALL"), "+OK");
    assert.equal(await state.presence.find("c7"), undefined);
    const after = await state.leases.acquire("flushed", "b", 60_000);
    assert(before && after && after.fence > before.fence);
    assert.equal(await state.leases.renew(before, 60_000), undefined, "the first holder learns it");
    await state.presence.beat("one", 60_000);
    assert.equal((await state.presence.list({ limit: 1_000 })).length, 449);
    assert.deepEqual(
      (await state.presence.members("room", { limit: 9 })).map(({ id }) => id),
      ["c7"],
    );
    assert.equal(await state.presence.find("c8"), undefined);
  });

  test("refusing (out of memory): the error is Redis' own, health says it, and both end with it", async () => {
    await using state = await openRedisState({ ...redis, ...limits });
    await redis.command("CONFIG SET maxmemory 1");
    await assert.rejects(state.values.set("a", 1, 60_000), { code: "STATE_UNAVAILABLE", message: /OOM/ });
    assert.equal(isReady(state), false);
    assert.equal(await state.values.get("never set"), undefined);
    assert.match(state.health().problems.join(), /refuses commands: OOM/, "that it reads is no sign of room");
    await redis.command("CONFIG SET maxmemory 0");
    await state.values.set("a", 1, 60_000);
    assert.deepEqual(state.health(), { isAvailable: true, problems: [] });
  });

  test("5 % of the replies cut: counters exact, leases and claims single", async (t) => {
    await redis.command("FLUSHALL");
    await using proxy = await startProxy({ port: redis.port });
    await proxy.setMode({ kind: "cutReplies", share: 0.05 });
    const url = `redis://127.0.0.1:${proxy.port}`;
    await using first = await openRedisState({ ...limits, url });
    await using second = await openRedisState({ ...limits, url });
    // A caller repeats with the same ids what the state could not answer.
    const insist = <T>(operation: () => Promise<T>) =>
      retry(operation, { maxAttempts: 100, minDelayMs: 20, maxDelayMs: 200 });
    const workers = Array.from({ length: 8 }, (_, i) => ({
      id: `worker ${i}`,
      state: i % 2 ? first : second,
    }));

    const contend = async (round: number) => {
      let allowed = 0;
      const inside = new Set<string>();
      const fences: number[] = [];
      const claimed: string[] = [];
      await Promise.all(
        workers.map(async ({ id, state }) => {
          for (let i = 0; i < 125; i++) {
            const call = `${id} call ${i}`;
            const decision = await insist(() => state.rateLimits.take(`cut ${round}`, 0.0001, 300, call));
            if (decision.isAllowed) allowed++;
          }
          for (let i = 0; i < 40; i++) {
            const lease = await insist(() => state.leases.acquire("cut", id, 60_000));
            if (lease === undefined) continue;
            inside.add(id);
            assert.deepEqual([...inside], [id], "one holder at a time");
            fences.push(lease.fence);
            assert(await insist(() => state.leases.renew(lease, 60_000)));
            inside.delete(id);
            await insist(() => state.leases.release(lease));
          }
          for (let i = 0; i < 40; i++) {
            const key = `cut ${round} ${i}`;
            const claim = await insist(() => state.idempotency.claim(key, "digest", id, 60_000));
            if (claim.status !== "claimed") continue;
            claimed.push(key);
            assert.equal(await insist(() => state.idempotency.complete(key, id, id, 60_000)), true);
          }
        }),
      );
      assert.equal(allowed, 300);
      assert(fences.length > 0);
      assert.deepEqual(
        fences,
        fences.toSorted((a, b) => a - b),
      );
      assert.equal(claimed.length, 40);
      assert.equal(new Set(claimed).size, 40);
    };
    // How many replies share a chunk, and so how often one is cut, is up to the machine.
    let rounds = 0;
    while (proxy.cuts < 40) await contend(rounds++);
    t.diagnostic(`${proxy.cuts} replies cut in ${rounds} rounds`);
  });

  test("a reply cut now and then: the caller does not notice", async () => {
    await redis.command("FLUSHALL");
    await using proxy = await startProxy({ port: redis.port });
    // A connection that is cut is waited for as long as it takes: Redis is there.
    const clock = { ...systemClock, timer: () => ({ [Symbol.dispose]() {} }) };
    await using state = await openRedisState({ ...limits, clock, url: `redis://127.0.0.1:${proxy.port}` });
    let replies = 0;
    // Prime to the replies of a login, so that every kind of reply is hit.
    await proxy.setMode({ kind: "cutReplies", share: 0.5, random: () => (++replies % 17 === 0 ? 0 : 1) });
    for (let i = 0; i < 100; i++) {
      const decision = await state.rateLimits.take("unnoticed", 0.0001, 1_000, `${i}`);
      assert.equal(decision.remaining, 999 - i);
    }
    assert(proxy.cuts > 3);
  });

  test("a delete whose reply was cut is not repeated behind the caller's back", async () => {
    await using proxy = await startProxy({ port: redis.port });
    await using state = await openRedisState({ ...limits, url: `redis://127.0.0.1:${proxy.port}` });
    await state.values.set("token", 1, 60_000);
    await proxy.setMode({ kind: "cutReplies", share: 1 });
    await assert.rejects(state.values.delete("token"), { code: "STATE_UNAVAILABLE" });
    await proxy.setMode({ kind: "pass" });
    await eventually(() => isReady(state), "the connection");
    assert.equal(await state.values.delete("token"), false);
  });

  test("disposed while Redis stands still: nothing is left that keeps the process", async () => {
    const state = await openRedisState({ ...redis, ...limits });
    redis.pause();
    try {
      const waiting = state.values.get("a").then(
        () => "answered",
        (error) => errorCode(error),
      );
      await state[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
      assert.match(String(await waiting), /STATE_CLOSED|STATE_UNAVAILABLE/);
      await assert.rejects(state.values.get("a"), { code: "STATE_CLOSED" });
    } finally {
      redis.resume();
    }
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { WakeUp } from "./wake-up.ts";

test("WakeUp wakes all who wait, once each", async () => {
  const change = new WakeUp();
  const woken: string[] = [];
  const wait = async (name: string) => {
    await change.next();
    woken.push(name);
  };
  const both = Promise.all([wait("a"), wait("b")]);
  assert.equal(change.isAwaited, true);
  change.wake();
  assert.equal(change.isAwaited, false);
  await both;
  assert.deepEqual(woken, ["a", "b"]);
});

test("WakeUp keeps no wake for who comes later", async () => {
  const change = new WakeUp();
  change.wake();
  const next = change.next();
  const early = await Promise.race([next.then(() => "woken"), Promise.resolve("waits")]);
  assert.equal(early, "waits");
  change.wake();
  await next;
});

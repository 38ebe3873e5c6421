import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as settle } from "node:timers/promises";
import { Credit } from "./credit.ts";

const chunk = 65_536;

test("release() lets through, in order, as many of those who wait as have room for a chunk", async () => {
  const credit = new Credit(4 * chunk);
  credit.take(4 * chunk);
  assert.equal(credit.isExhausted, true);
  const woken: number[] = [];
  for (let i = 0; i < 5; i++) {
    credit.wait(() => {
      woken.push(i);
      credit.take(chunk);
    });
  }
  credit.release(2 * chunk);
  assert.deepEqual(woken, [0, 1]);
  await settle();
  assert.deepEqual(woken, [0, 1], "there is no room for more");
  credit.release(3 * chunk);
  assert.deepEqual(woken, [0, 1, 2, 3, 4]);
});

test("release() reaches everybody in the end when those let through bring nothing", async () => {
  const credit = new Credit(2 * chunk);
  credit.take(2 * chunk);
  let woken = 0;
  for (let i = 0; i < 100; i++) credit.wait(() => woken++);
  credit.release(2 * chunk);
  assert.equal(woken, 2);
  for (let turn = 0; turn < 60; turn++) await settle();
  assert.equal(woken, 100);
  assert.equal(credit.waiting, 0);
});

test("wait() holds a function once, and forget() takes it out", async () => {
  const credit = new Credit(1);
  credit.take(1);
  let woken = 0;
  const wake = () => void woken++;
  credit.wait(wake);
  credit.wait(wake);
  const other = () => assert.fail("was forgotten");
  credit.wait(other);
  credit.forget(other);
  credit.release(1);
  await settle();
  assert.equal(woken, 1);
});

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { beforeAbort, onAbort } from "./abort.ts";

test("onAbort() calls back once when the signal fires, and at once when it has fired", () => {
  const controller = new AbortController();
  let calls = 0;
  using _first = onAbort(controller.signal, () => calls++);
  assert.equal(calls, 0);
  controller.abort();
  assert.equal(calls, 1);
  using _second = onAbort(controller.signal, () => calls++);
  assert.equal(calls, 2);
});

test("onAbort() listens no longer once it is disposed, and never where there is no signal", () => {
  const controller = new AbortController();
  onAbort(controller.signal, () => assert.fail("is disposed"))[Symbol.dispose]();
  onAbort(undefined, () => assert.fail("has no signal"))[Symbol.dispose]();
  controller.abort();
});

test("beforeAbort() gives what the work gives and leaves no listener behind", async () => {
  const { signal } = new AbortController();
  assert.equal(await beforeAbort(Promise.resolve(5), signal), 5);
  await assert.rejects(beforeAbort(Promise.reject(new Error("no")), signal), /no/);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("beforeAbort() throws the signal's reason, whether it fires before or during the work", async () => {
  const controller = new AbortController();
  const work = Promise.withResolvers<void>();
  const during = beforeAbort(work.promise, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(during, /enough/);
  await assert.rejects(beforeAbort(work.promise, controller.signal), /enough/);
  // What the work says later is nobody's error.
  work.reject(new Error("late"));
});

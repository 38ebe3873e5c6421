import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { ManualClock } from "../test/manual-clock.ts";
import { systemClock, within } from "./clock.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("ManualClock", () => {
  test("advance() wakes sleepers and timers in order of their time, at their time", async () => {
    const clock = new ManualClock(1_000);
    const woken: [string, number][] = [];
    void clock.sleep(30).then(() => woken.push(["sleep 30", clock.nowMs()]));
    clock.timer(10, () => woken.push(["timer 10", clock.nowMs()]));
    clock.timer(20, () => clock.timer(5, () => woken.push(["timer 20 + 5", clock.nowMs()])));
    clock.timer(31, () => woken.push(["timer 31", clock.nowMs()]));
    await clock.advance(30);
    assert.deepEqual(woken, [
      ["timer 10", 1_010],
      ["timer 20 + 5", 1_025],
      ["sleep 30", 1_030],
    ]);
    assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [1_030, 1_030]);
  });

  test("a disposed timer does not call back", async () => {
    const clock = new ManualClock();
    const callback = mock.fn();
    clock.timer(10, callback)[Symbol.dispose]();
    await clock.advance(20);
    assert.equal(callback.mock.callCount(), 0);
  });
});

for (const [name, clock] of [
  ["ManualClock", new ManualClock()],
  ["systemClock", systemClock],
] as const) {
  describe(`${name}.sleep()`, () => {
    test("throws the signal's reason when the signal fires", async () => {
      const reason = new Error("stop");
      const controller = new AbortController();
      const sleeping = clock.sleep(100_000, controller.signal);
      controller.abort(reason);
      await assert.rejects(sleeping, reason);
    });

    test("throws the reason of a signal that has fired before", async () => {
      const reason = new Error("stopped");
      await assert.rejects(clock.sleep(100_000, AbortSignal.abort(reason)), reason);
    });
  });
}

describe("systemClock", () => {
  const longerThanATimer = 2 ** 31 + 5_000;

  test("timer() longer than Node's longest calls back at its time, not at once", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const callback = mock.fn();
      systemClock.timer(longerThanATimer, callback);
      mock.timers.tick(2 ** 31 - 1);
      mock.timers.tick(5_000);
      assert.equal(callback.mock.callCount(), 0);
      mock.timers.tick(1);
      assert.equal(callback.mock.callCount(), 1);
    } finally {
      mock.timers.reset();
    }
  });

  test("timer() longer than Node's longest can be disposed in its second part", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const callback = mock.fn();
      const timer = systemClock.timer(longerThanATimer, callback);
      mock.timers.tick(2 ** 31 - 1);
      timer[Symbol.dispose]();
      mock.timers.tick(10_000);
      assert.equal(callback.mock.callCount(), 0);
    } finally {
      mock.timers.reset();
    }
  });

  test("sleep() longer than Node's longest still sleeps after a turn of the loop", async () => {
    const controller = new AbortController();
    let isOver = false;
    const sleeping = systemClock.sleep(longerThanATimer, controller.signal).finally(() => {
      isOver = true;
    });
    await systemClock.sleep(20);
    await settle();
    assert.equal(isOver, false);
    controller.abort();
    await assert.rejects(sleeping, { name: "AbortError" });
  });

  test("sleep() and timer() come back", async () => {
    const before = systemClock.monotonicMs();
    await systemClock.sleep(5);
    assert.ok(systemClock.monotonicMs() > before);
    const keepAlive = setTimeout(() => {}, 10_000);
    await new Promise<void>((resolve) => systemClock.timer(1, resolve));
    clearTimeout(keepAlive);
  });
});

test("within() gives what the work gives in time, else what `late` gives or throws", async () => {
  const clock = new ManualClock();
  const never = new Promise<string>(() => {});
  const fail = () => assert.fail("is in time");
  assert.equal(await within(100, Promise.resolve("done"), fail, clock), "done");
  await assert.rejects(within(100, Promise.reject(new Error("no")), fail, clock), /no/);
  const late = within(100, never, () => "late", clock);
  const thrown = assert.rejects(
    within(100, never, () => assert.fail("too late"), clock),
    /too late/,
  );
  await clock.advance(100);
  assert.equal(await late, "late");
  await thrown;
});

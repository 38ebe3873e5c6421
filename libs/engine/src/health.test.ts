import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBus } from "@fairlead/bus/memory";
import type { State } from "@fairlead/state";
import { busCheck, stateCheck } from "./health.ts";

for (const [canAccept, isDegraded, status] of [
  [true, false, "ok"],
  [true, true, "degraded"],
  [false, true, "failed"],
  [false, false, "failed"],
] as const) {
  test(`busCheck() is ${status} when canAccept is ${canAccept} and isDegraded is ${isDegraded}`, async () => {
    const bus = new MemoryBus();
    bus.condition = { canAccept, isDegraded, problems: ["P."] };
    assert.deepEqual(await busCheck(bus).check(), { status, problems: ["P."] });
  });
}

for (const [isAvailable, problems, status] of [
  [true, [], "ok"],
  [true, ["P."], "degraded"],
  [false, ["P."], "degraded"],
] as const) {
  test(`stateCheck() is ${status} when isAvailable is ${isAvailable} with ${problems.length} problems`, async () => {
    const state = { health: () => ({ isAvailable, problems }) } as unknown as State;
    assert.deepEqual(await stateCheck(state).check(), { status, problems });
  });
}

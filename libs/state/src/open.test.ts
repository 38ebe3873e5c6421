import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { temporaryDirectory } from "@fairlead/harness";
import { openState } from "./open.ts";

test("openState() opens the file and shows a metric", async () => {
  await using directory = await temporaryDirectory();
  const meter = new MemoryMeter();
  const options = { file: directory.file("state.db"), meter };
  {
    await using state = await openState(options);
    await state.values.set("kept", true, 60_000);
    await meter.scrape();
    assert.equal(meter.value("fairlead_state_available"), 1);
  }
  await using again = await openState(options);
  assert.equal(await again.values.get("kept"), true);
});

test("openState() opens Redis where its address is given, and shows that it is away", async () => {
  const meter = new MemoryMeter();
  // Port 1: nothing listens there.
  await using state = await openState({ file: "unused", redis: { url: "redis://127.0.0.1:1" }, meter });
  await meter.scrape();
  assert.equal(meter.value("fairlead_state_available"), 0);
  assert.match(state.health().problems.join(), /Redis at 127\.0\.0\.1:1 has been away/);
});

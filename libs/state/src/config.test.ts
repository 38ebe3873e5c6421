import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryMeter } from "@fairlead/core";
import { temporaryDirectory } from "@fairlead/harness";
import { stateConfigSchema } from "./config.ts";
import { openState } from "./open.ts";

test("stateConfigSchema reads nothing as the SQLite file with its defaults", () => {
  assert.deepEqual(stateConfigSchema.parse({}), { sqlite: { file: "state.db", maxBytes: 256 * 2 ** 20 } });
});

test("stateConfigSchema reads units and gives Redis its limits", () => {
  assert.deepEqual(stateConfigSchema.parse({ redis: { url: "redis://h", commandTimeout: "1.5s" } }).redis, {
    url: "redis://h",
    commandTimeout: 1_500,
    operationTimeout: 2_000,
    connectTimeout: 5_000,
    maxReconnectDelay: 2_000,
  });
});

for (const [what, input] of Object.entries({
  "an unknown key": { sqlite: { path: "x" } },
  "a size of 0": { sqlite: { maxBytes: "0B" } },
  "a time without a unit": { redis: { url: "redis://h", commandTimeout: "5" } },
  "a time of 0": { redis: { url: "redis://h", connectTimeout: "0s" } },
  "another kind of address": { redis: { url: "http://h" } },
  "Redis without an address": { redis: {} },
})) {
  test(`stateConfigSchema refuses ${what}`, () => {
    assert.equal(stateConfigSchema.safeParse(input).success, false);
  });
}

test("stateConfigSchema says what may be written instead of a number", () => {
  assert.deepEqual(
    stateConfigSchema.safeParse({ sqlite: { maxBytes: 0 } }).error?.issues.map(({ message }) => message),
    ['must be a size with its unit, from "1B", like "64MiB"'],
  );
});

test("openState() opens the file in the data directory and shows a metric", async () => {
  await using directory = await temporaryDirectory();
  const meter = new MemoryMeter();
  const dependencies = { dataDir: directory.path, meter };
  {
    await using state = await openState(stateConfigSchema.parse({}), dependencies);
    await state.values.set("kept", true, 60_000);
    await meter.scrape();
    assert.equal(meter.value("fairlead_state_available"), 1);
  }
  await using again = await openState(
    stateConfigSchema.parse({ sqlite: { file: "state.db" } }),
    dependencies,
  );
  assert.equal(await again.values.get("kept"), true);
});

test("openState() opens Redis when it has a section, and shows that it is away", async () => {
  const meter = new MemoryMeter();
  // Port 1: nothing listens there.
  const config = stateConfigSchema.parse({ redis: { url: "redis://127.0.0.1:1" } });
  await using state = await openState(config, { dataDir: "unused", meter });
  await meter.scrape();
  assert.equal(meter.value("fairlead_state_available"), 0);
  assert.match(state.health().problems.join(), /Redis at 127\.0\.0\.1:1 has been away/);
});

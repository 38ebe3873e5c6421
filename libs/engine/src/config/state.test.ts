import assert from "node:assert/strict";
import { test } from "node:test";
import { stateConfigSchema, stateOptions } from "./state.ts";

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
    ['must be a size with its unit, from "1B", like "64KiB"'],
  );
});

test("stateOptions() gives openState() what the section says, in plain units", () => {
  const options = (input: object) => stateOptions(stateConfigSchema.parse(input), "/data");
  assert.deepEqual(options({}), { file: "/data/state.db", maxBytes: 256 * 2 ** 20 });
  assert.deepEqual(options({ sqlite: { file: "/elsewhere/s.db" }, redis: { url: "redis://h" } }), {
    file: "/elsewhere/s.db",
    maxBytes: 256 * 2 ** 20,
    redis: {
      url: "redis://h",
      commandTimeoutMs: 1_000,
      operationTimeoutMs: 2_000,
      connectTimeoutMs: 5_000,
      maxReconnectDelayMs: 2_000,
    },
  });
});

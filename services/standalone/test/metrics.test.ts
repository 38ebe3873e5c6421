import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runServices } from "@fairlead/engine";
import { temporaryDirectory } from "@fairlead/harness";
import { services } from "../src/services.ts";
import { configOf, environment, freePorts, writeConfig } from "./fairlead.ts";

/** Labels whose values nobody knows before something has happened. */
const openLabels = /^fairlead_http_request|kernel_dropped/;

test("every metric is scraped from the start", async () => {
  await using directory = await temporaryDirectory();
  await writeConfig(directory.path, configOf(await freePorts()));
  const env = { ...environment(directory.path), FAIRLEAD_DATA_DIR: join(directory.path, "data") };
  await using running = await runServices({ name: "test", services, env, logSink: { write() {} } });
  const { text } = await running.meter.render();
  for (const { name } of running.meter.registered) {
    if (!openLabels.test(name))
      assert.match(text, new RegExp(`^${name}(\\{|_bucket| )`, "m"), `${name} has no value`);
  }
});

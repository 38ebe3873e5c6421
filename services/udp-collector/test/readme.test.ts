import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseConfig, section } from "@fairlead/chassis";
import { rejectReasons } from "../src/ledger.ts";
import { udpCollector } from "../src/mod.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the configuration in the README is valid", () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1];
  const { values } = parseConfig({
    schema: section({ "udp-collector": udpCollector.configSchema }),
    text: yaml,
    source: "README.md",
    env: {},
    readFile: () => "",
  });
  assert.ok(values["udp-collector"].listeners.length > 0);
});

test("the README names every reason of the ledger", () => {
  for (const reason of rejectReasons) assert.ok(readme.includes(`reason="${reason}"`), reason);
});

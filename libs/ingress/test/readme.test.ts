import assert from "node:assert/strict";
import { test } from "node:test";
import { runReadmeExample } from "@fairlead/harness";

test("the service of the README runs, answers a client and drains", async () => {
  const lines = await runReadmeExample(new URL("../README.md", import.meta.url));
  assert.deepEqual(lines, ["HELLO", "BYE"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { runReadmeExample, temporaryDirectory } from "@fairlead/harness";

test("the example in the README runs", async () => {
  await using directory = await temporaryDirectory();
  const lines = await runReadmeExample(new URL("../README.md", import.meta.url), {
    FAIRLEAD_DATA_DIR: directory.path,
  });
  assert.deepEqual(lines, ["job-1 https://example.org/"]);
});

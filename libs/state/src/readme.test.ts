import assert from "node:assert/strict";
import { test } from "node:test";
import { runReadmeExample, temporaryDirectory } from "@fairlead/harness";

test("the example of the README runs", async () => {
  await using directory = await temporaryDirectory();
  const readme = new URL("../README.md", import.meta.url);
  const lines = await runReadmeExample(readme, { FAIRLEAD_DATA_DIR: directory.path });
  assert.match(lines.join(), /^mine, with fence \d{16}$/);
});

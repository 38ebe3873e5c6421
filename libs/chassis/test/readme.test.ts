import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

test("the example of the README runs", async () => {
  const home = new URL("../", import.meta.url);
  const readme = await readFile(new URL("README.md", home), "utf8");
  const [, code = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const args = ["--input-type=module-typescript", "--eval", code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(home) });
  assert.equal(stdout, '"hello you"\n');
});

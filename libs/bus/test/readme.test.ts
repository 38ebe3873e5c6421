import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { temporaryDirectory } from "./temporary.ts";

test("the example of the README runs", () => {
  using directory = temporaryDirectory();
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, example = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const code = example.replace("data/events.db", `${directory.path}/events.db`);
  assert.notEqual(code, example);
  // Run beside the package, so that its own name resolves.
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "--eval", code],
    { cwd: new URL("..", import.meta.url), encoding: "utf8" },
  );
  assert.equal(stderr, "");
  assert.equal(stdout, "1 hello\n");
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { temporaryDirectory } from "./temporary.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [log = "", queues = "", ...others] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);

for (const [what, example, says] of [
  ["the log", log, "1 hello\n"],
  ["work queues", queues, "job-1 https://example.org/\n"],
] as const)
  test(`the example of ${what} in the README runs`, () => {
    using directory = temporaryDirectory();
    const code = example.replace(/"data(?=["/])/, `"${directory.path}`);
    assert.notEqual(code, example);
    // Run beside the package, so that its own name resolves.
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "--eval", code],
      { cwd: new URL("..", import.meta.url), encoding: "utf8" },
    );
    assert.equal(stderr, "");
    assert.equal(stdout, says);
  });

test("the README has no other example", () => assert.deepEqual(others, []));

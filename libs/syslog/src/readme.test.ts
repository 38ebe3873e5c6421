import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

test("the example of README.md prints what it says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```ts\n(.*?)```/s.exec(readme)![1]!;
  const output = execFileSync(process.execPath, ["--input-type=module-typescript", "--eval", code], {
    cwd: new URL("..", import.meta.url),
    encoding: "utf8",
  });
  const said = code.split("\n").filter((line) => line.startsWith("// "));
  assert.deepEqual(
    output.trimEnd().split("\n"),
    said.map((line) => line.slice(3)),
  );
});

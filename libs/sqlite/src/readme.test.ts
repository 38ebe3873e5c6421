import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "@fairlead/harness";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [thread = "", main = "", ...others] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);

test("the example of README.md keeps its rows, also when its file is damaged", async () => {
  await using directory = await temporaryDirectory();
  // Where the names of our packages lead.
  symlinkSync(
    fileURLToPath(new URL("../../../node_modules", import.meta.url)),
    directory.file("node_modules"),
  );
  writeFileSync(directory.file("uploads-thread.ts"), thread);
  writeFileSync(directory.file("uploads.ts"), main);
  const run = () =>
    execFileSync(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
        "uploads.ts",
      ],
      { cwd: directory.path, encoding: "utf8", env: { ...process.env, FAIRLEAD_DATA_DIR: directory.path } },
    );
  assert.equal(run(), "upload 1\n");
  assert.equal(run(), "upload 2\n");
  const path = directory.file("uploads.db");
  const bytes = readFileSync(path);
  bytes.fill(0, 0, 100);
  writeFileSync(path, bytes);
  assert.equal(run(), "upload 3\n");
  assert.equal(readdirSync(directory.path).filter((name) => name.includes(".damaged-")).length, 1);
  assert.deepEqual(others, []);
});

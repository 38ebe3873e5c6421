import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@fairlead/harness";

test("npm start replaces its shell, which would take a signal and leave Fairlead running", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  assert.match(scripts.start, /^exec /);
});

type Entries = Readonly<Record<string, object>>;
const lock: Entries = {
  "": { name: "fairlead" },
  "libs/core": { version: "0.1.0" },
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/b-other-platform": { version: "1.0.0", optional: true },
};
const { "node_modules/b-other-platform": _, "": __, ...installed } = lock;

const cases: [string, Entries | undefined, boolean][] = [
  ["nothing is installed", undefined, true],
  ["npm ci ran with this lock file", installed, false],
  ["only a package of this repository changed", { ...installed, "libs/core": {} }, false],
  ["a package has another version", { ...installed, "node_modules/a": { version: "0.9.0" } }, true],
  ["a package is missing", { "libs/core": {} }, true],
];
for (const [what, record, expected] of cases) {
  test(`a script ${expected ? "installs" : "installs nothing"} when ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const inside = (path: string) => join(directory.path, path);
    for (const folder of ["scripts", "bin", "node_modules"]) mkdirSync(inside(folder));
    copyFileSync(join(import.meta.dirname, "bootstrap.mjs"), inside("scripts/bootstrap.mjs"));
    writeFileSync(inside("scripts/check.ts"), "");
    writeFileSync(inside("package-lock.json"), JSON.stringify({ packages: lock }));
    if (record !== undefined)
      writeFileSync(inside("node_modules/.package-lock.json"), JSON.stringify({ packages: record }));
    writeFileSync(inside("bin/npm"), '#!/bin/sh\ntouch "$(dirname "$0")/was-called"\n', { mode: 0o755 });
    const { status, stderr } = spawnSync(process.execPath, [inside("scripts/bootstrap.mjs"), "check"], {
      env: { ...process.env, PATH: `${inside("bin")}:${process.env["PATH"]}` },
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    assert.equal(existsSync(inside("bin/was-called")), expected);
  });
}

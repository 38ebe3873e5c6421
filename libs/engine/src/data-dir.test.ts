import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../test/test-engine.ts";
import { prepareDataDir } from "./data-dir.ts";

test("prepareDataDir() makes what is missing, for this user only, also several at a time", async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "not/yet/there");
  await Promise.all([prepareDataDir(path), prepareDataDir(path)]);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  await prepareDataDir(path);
});

test("prepareDataDir() closes a directory to others that is there already, unless something else is kept in it", async () => {
  await using directory = await temporaryDirectory();
  const modeOf = async () => ((await stat(directory.path)).mode & 0o777).toString(8);
  await writeFile(join(directory.path, "events.db-wal"), "");
  await chmod(directory.path, 0o755);
  assert.equal(await prepareDataDir(directory.path), undefined);
  assert.equal(await modeOf(), "700");

  await writeFile(join(directory.path, "photos"), "");
  await chmod(directory.path, 0o755);
  assert.match((await prepareDataDir(directory.path)) ?? "", /mode 755.*because photos is in it/);
  assert.equal(await modeOf(), "755");
});

test("prepareDataDir() follows a link to a directory", async () => {
  await using directory = await temporaryDirectory();
  const link = join(directory.path, "link");
  await symlink(directory.path, link);
  await prepareDataDir(join(link, "data"));
});

const unusable: readonly [name: string, path: string, message: RegExp][] = [
  ["a file", "file", /: it is a file; set FAIRLEAD_DATA_DIR/],
  ["below a file", "file/a/b", /: \S+\/file is a file; set/],
  ["a link that leads nowhere", "link", /: it is a link that leads nowhere; set/],
  ["below a link that leads nowhere", "link/a", /: \S+\/link is a link that leads nowhere; set/],
];
for (const [name, path, message] of unusable) {
  test(`prepareDataDir() says why when the path is ${name}`, async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, "file"), "");
    await symlink(join(directory.path, "nowhere"), join(directory.path, "link"));
    await assert.rejects(prepareDataDir(join(directory.path, path)), { code: "DATA_DIR_UNUSABLE", message });
  });
}

test("prepareDataDir() ends where the file system makes no directories", {
  skip: existsSync("/proc/self") ? false : "no /proc",
}, async () => {
  for (const path of ["/proc/fairlead", "/proc/fairlead/a/b"]) {
    await assert.rejects(prepareDataDir(path), {
      code: "DATA_DIR_UNUSABLE",
      message: /takes nothing there|may not write there/,
    });
  }
});

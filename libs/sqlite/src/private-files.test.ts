import assert from "node:assert/strict";
import { chmodSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { silentLogger, systemClock } from "@fairlead/core";
import { startProcess, temporaryDirectory } from "@fairlead/harness";
import { openDurable } from "./database.ts";
import { SqliteFileError, type SqliteFileErrorCode } from "./errors.ts";
import { FileThread } from "./file-thread.ts";
import { keepPrivate, restrict } from "./private-files.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("openDurable() makes a file and a write-ahead log that only this user can read, whatever the umask", async () => {
  await using directory = await temporaryDirectory();
  const before = process.umask(0);
  try {
    const path = directory.file("new.db");
    const db = openDurable({ path, title: "a file" }, 1 << 20, { version: 1, sql: "CREATE TABLE t (x);" });
    assert.deepEqual([modeOf(path), modeOf(`${path}-wal`)], ["600", "600"]);
    db.close();
  } finally {
    process.umask(before);
  }
});

test("FileThread closes files to others that are there already, with the lock and what was set aside", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("echo.db");
  for (const suffix of ["", ".lock", ".damaged-20260101T000000000Z"])
    writeFileSync(path + suffix, "", { mode: 0o644 });
  writeFileSync(directory.file("other"), "", { mode: 0o644 });
  const thread = new FileThread<string, string, SqliteFileError>({
    file: { path, title: "the echoes" },
    script: new URL("../test/echo-thread.ts", import.meta.url),
    name: "fairlead-echo",
    settings: { path },
    clock: systemClock,
    logger: silentLogger,
    errorFrom: ({ code, message }) => new SqliteFileError(code as SqliteFileErrorCode, message),
  });
  await thread.open();
  await thread.close();
  for (const name of readdirSync(directory.path))
    assert.equal(modeOf(directory.file(name)), name === "other" ? "644" : "600", name);
});

test("restrict() says why others still may use what belongs to somebody else", {
  skip: process.getuid?.() === 0 ? false : "needs root, to become somebody else",
}, async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("owned");
  writeFileSync(path, "");
  chmodSync(path, 0o664);
  chmodSync(directory.path, 0o755);
  const script = `
    import { restrict } from ${JSON.stringify(new URL("./private-files.ts", import.meta.url).href)};
    process.setuid(65534);
    console.log(restrict(${JSON.stringify(path)}, 0o600));`;
  await using child = await startProcess("", {
    command: process.execPath,
    args: ["--input-type=module", "--eval", script],
  });
  assert.match(await child.waitForLine("owned", { stream: "stdout" }), /mode 664.*belongs to user 0/);
});

test("keepPrivate() leaves what is private alone, and says nothing", async () => {
  await using directory = await temporaryDirectory();
  writeFileSync(directory.file("a.db"), "", { mode: 0o400 });
  assert.deepEqual(keepPrivate(directory.file("a.db")), []);
  assert.equal(modeOf(directory.file("a.db")), "400");
  assert.equal(restrict(directory.file("gone"), 0o600), undefined);
});

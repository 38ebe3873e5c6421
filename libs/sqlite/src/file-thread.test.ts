import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger, systemClock } from "@fairlead/core";
import { temporaryDirectory } from "@fairlead/harness";
import { SqliteFileError, type SqliteFileErrorCode } from "./errors.ts";
import { FileThread } from "./file-thread.ts";

/** What test/echo-thread.ts understands: it answers a text with the text, and "wait" never. */
const openAt = (path: string, replies: string[] = [], onUp = () => {}) =>
  new FileThread<string, string, SqliteFileError>({
    file: { path, title: "the echoes" },
    script: new URL("../test/echo-thread.ts", import.meta.url),
    name: "fairlead-echo",
    settings: { path },
    clock: systemClock,
    logger: silentLogger,
    errorFrom: ({ code, message }) => new SqliteFileError(code as SqliteFileErrorCode, message),
    onReply: (reply) => void replies.push(reply),
    onUp,
  });

test("FileThread answers what it is asked in any order, and passes on what the thread says by itself", async () => {
  await using directory = await temporaryDirectory();
  const replies: string[] = [];
  const thread = openAt(directory.file("echo.db"), replies);
  await thread.open();
  assert.deepEqual(replies, ["opened"], "said before the thread was up");
  assert.deepEqual(await Promise.all(["late", "a", "b"].map((text) => thread.ask(text))), ["late", "a", "b"]);
  thread.send("sent");
  await assert.rejects(thread.ask("refuse"), { code: "FILE_FAILED", message: "as asked" });
  assert.deepEqual(replies, ["opened", "sent"]);
  const never = thread.ask("wait");
  await Promise.all([assert.rejects(never, { code: "FILE_CLOSED" }), thread.close()]);
  await assert.rejects(thread.ask("a"), {
    code: "FILE_CLOSED",
    message: /^Cannot use the echoes .*: it is closed/,
  });
});

test("FileThread refuses what was asked when its thread ends, starts the thread again, and keeps the lock", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("echo.db");
  const up: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
  let ups = 0;
  const thread = openAt(path, [], () => up[ups++]?.resolve());
  await thread.open();
  const pending = thread.ask("wait");
  thread.send("die");
  await assert.rejects(pending, { code: "FILE_FAILED", message: /its thread failed: died as asked/ });
  assert.equal(thread.isUp, false);
  await assert.rejects(thread.ask("a"), { code: "FILE_FAILED" });
  await assert.rejects(openAt(path).open(), {
    code: "FILE_IN_USE",
    message: /^Cannot open the echoes .*: another process or another part of this one has the file open/,
  });
  await up[1]!.promise;
  assert.equal(await thread.ask("a"), "a");
  await thread.close();
  const next = openAt(path);
  await next.open();
  await next.close();
});

test("FileThread.open() says what the thread says when it cannot open, and leaves no lock behind", async () => {
  await using directory = await temporaryDirectory();
  for (let time = 0; time < 2; time++)
    await assert.rejects(openAt(directory.file("newer.db")).open(), {
      code: "FILE_TOO_NEW",
      message: /the file has format 2/,
    });
});

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { resolveHttp, UsageError } from "./connection-options.ts";
import { say, type Terminal, writeOut } from "./terminal.ts";

function terminalOn(stdout: PassThrough, signal: AbortSignal): Terminal {
  const [stdin, stderr] = [new PassThrough(), new PassThrough()];
  return { stdin, stdout, stderr, env: {}, signal, exitCode: 0 };
}

test("writeOut() writes the result of a command that was stopped, and does not wait for its reader then", async () => {
  const stdout = new PassThrough({ highWaterMark: 4 });
  await writeOut(terminalOn(stdout, AbortSignal.abort()), "3 events wait\n");
  assert.equal(String(stdout.read()), "3 events wait\n");
});

test("writeOut() waits for a slow reader until the signal fires", async () => {
  const stdout = new PassThrough({ highWaterMark: 4 });
  const stop = new AbortController();
  const written = writeOut(terminalOn(stdout, stop.signal), "more than four\n");
  stop.abort();
  await written;
});

test("writeOut() and say() let nothing steer the terminal, and JSON keeps its value", async () => {
  const stdout = new PassThrough();
  const terminal = terminalOn(stdout, AbortSignal.abort());
  const value = { text: "\u007f\u009b2J\u200f\u202e\u001b" };
  await writeOut(terminal, `${JSON.stringify(value)}\n`);
  say(terminal, "ERR \u009b2J\u001b[2J");
  const text = String(stdout.read());
  assert.match(text, /^[\x20-\x7e]+\n$/);
  assert.deepEqual(JSON.parse(text), value);
  assert.equal(
    String(terminal.stderr instanceof PassThrough && terminal.stderr.read()),
    "fairlead: ERR \\u009b2J\\u001b[2J\n",
  );
});

for (const url of ["http://me:hunter@h:7000", "ftp://me:hun/ter@h", "http://me:hun#ter@h", "me:hunter@h"]) {
  test(`resolveHttp() refuses ${url} without showing its password`, () => {
    assert.throws(
      () => resolveHttp({ url }, {}),
      (error: Error) => error instanceof UsageError && !/hun|ter@/.test(error.message),
    );
  });
}

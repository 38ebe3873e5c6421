import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { type Terminal, writeOut } from "./terminal.ts";

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

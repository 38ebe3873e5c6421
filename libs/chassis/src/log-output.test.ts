import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, ftruncateSync, openSync, readFileSync, readSync } from "node:fs";
import { test } from "node:test";
import { eventually, temporaryDirectory } from "@fairlead/harness";
import { openLogOutput } from "./log-output.ts";

/** A pipe that somebody holds open and reads only when told to. */
async function openPipe(path: string) {
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const read = () => {
    const chunk = Buffer.alloc(1 << 21);
    try {
      return chunk.toString("utf8", 0, readSync(reader, chunk));
    } catch {
      return "";
    }
  };
  return { writer, read, [Symbol.dispose]: () => [reader, writer].forEach((one) => void closeSync(one)) };
}

test("openLogOutput() neither waits nor throws where the reader of a pipe has stopped, and goes on when it reads", async () => {
  await using directory = await temporaryDirectory();
  using pipe = await openPipe(directory.file("pipe"));
  const output = openLogOutput(pipe.writer);
  const losses: number[] = [];
  output.onLoss = (lines) => losses.push(lines);
  const sent = 3_000;
  for (let number = 0; number < sent; number++) output.write(`${number} ${"x".repeat(1_000)}\n`);
  assert.ok(output.lostLines > 1_000, "more than a megabyte waits for nobody");

  let text = "";
  const readUntil = (isEnough: () => boolean, what: string) =>
    eventually(() => {
      text += pipe.read();
      return isEnough();
    }, what);
  await readUntil(() => losses.length > 0, "the count of what was lost");
  output.write("again\n");
  await readUntil(() => text.endsWith("again\n"), "the last line");
  const lines = text.trimEnd().split("\n");
  assert.deepEqual(losses, [output.lostLines]);
  assert.equal(lines.length, sent - output.lostLines + 1);
  for (const [index, line] of lines.slice(0, -1).entries())
    assert.equal(line, `${index} ${"x".repeat(1_000)}`);
});

test("openLogOutput() loses and counts what nobody can read any more", async () => {
  await using directory = await temporaryDirectory();
  const pipe = await openPipe(directory.file("pipe"));
  const output = openLogOutput(pipe.writer);
  pipe[Symbol.dispose]();
  for (let number = 0; number < 10; number++) output.write("x\n");
  assert.equal(output.lostLines, 10);
});

test("openLogOutput() loses and counts what a full disk does not take", {
  skip: existsSync("/dev/full") ? false : "no /dev/full",
}, async () => {
  const full = openSync("/dev/full", "w");
  const output = openLogOutput(full);
  output.onLoss = () => output.write("lost\n");
  for (let number = 0; number < 10; number++) output.write("x\n");
  await new Promise(setImmediate);
  assert.equal(output.lostLines, 10, "nothing is said while nothing can be");
  closeSync(full);
});

test("openLogOutput() goes on in a file where others have stopped", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.file("log");
  const file = openSync(path, "a");
  const output = openLogOutput(file);
  output.write("one\n");
  ftruncateSync(file);
  output.write("two\n");
  assert.equal(readFileSync(path, "utf8"), "two\n");
  closeSync(file);
});

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { eventually } from "./deadline.ts";
import { temporaryDirectory } from "./directory.ts";
import { startProcess } from "./process.ts";

const echoScript = `
  process.stdout.write('{"pid":' + process.pid + '}\\nready\\n');
  process.stderr.write("to stderr\\n");
  process.stdin.on("data", (data) => process.stdout.write(data));
  process.stdin.on("end", () => process.exit(7));
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("startProcess()", () => {
  test("collects lines, finds those that came before and after the question, and kills by pid", async () => {
    await using directory = await temporaryDirectory();
    await writeFile(directory.file("echo.mjs"), echoScript);
    await using child = await startProcess(directory.file("echo.mjs"));
    await child.waitForLine("ready");
    assert.equal((await child.waitForJson<{ pid: number }>()).pid, child.pid);
    await child.waitForLine(/^to std/, { stream: "stderr" });
    const later = child.waitForLine("later");
    child.write("later\n");
    assert.equal(await later, "later");
    assert.deepEqual(await child.kill(), { code: null, signal: "SIGKILL" });
    assert.equal(child.isRunning, false);
  });

  test("fails a wait when the process ends without the line, and says what it wrote", async () => {
    await using child = await startProcess("-e", {
      args: ["console.log('only this'); process.exitCode = 3"],
    });
    await assert.rejects(child.waitForLine("never"), /"code":3.*only this/s);
    assert.deepEqual(await child.exited, { code: 3, signal: null });
  });

  test("stops and goes on", async () => {
    await using directory = await temporaryDirectory();
    await writeFile(directory.file("echo.mjs"), echoScript);
    await using child = await startProcess(directory.file("echo.mjs"));
    await child.waitForLine("ready");
    child.pause();
    child.write("through\n");
    await assert.rejects(child.waitForLine("through", { timeoutMs: 100 }), /100 ms without/);
    child.resume();
    await child.waitForLine("through");
  });

  test("ends with the process that started it, however that one ends", async () => {
    await using directory = await temporaryDirectory();
    await writeFile(directory.file("echo.mjs"), echoScript);
    const parentScript = `
      import { startProcess } from ${JSON.stringify(import.meta.resolve("./process.ts"))};
      const child = await startProcess(${JSON.stringify(directory.file("echo.mjs"))});
      await child.waitForLine("ready");
      console.log(JSON.stringify({ child: child.pid }));
      setInterval(() => {}, 1_000);
    `;
    await writeFile(directory.file("parent.mjs"), parentScript);
    for (const signal of process.platform === "linux"
      ? (["SIGTERM", "SIGKILL"] as const)
      : (["SIGTERM"] as const)) {
      await using parent = await startProcess(directory.file("parent.mjs"));
      const { child } = await parent.waitForJson<{ child: number }>();
      assert.deepEqual(await parent.kill(signal), { code: null, signal });
      await eventually(() => !isAlive(child), `the end of the grandchild after ${signal}`);
    }
  });
});

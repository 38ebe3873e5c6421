import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, exchange, startProcess, temporaryDirectory, within } from "@fairlead/harness";
import { bin, configOf, environment, freePorts, type Ports, writeConfig } from "./fairlead.ts";

/** Starts `fairlead up` in a shell, which redirects its output. */
async function startIn(directory: string, ports: Ports, redirection: string, options = "") {
  await writeConfig(directory, configOf(ports, { log: { level: "debug", format: "json" } }));
  const child = await startProcess("", {
    command: "/bin/sh",
    args: ["-c", `exec "$0" "$1" up ${options} ${redirection}`, process.execPath, bin],
    cwd: directory,
    env: environment(directory),
  });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${ports.http}${path}`);
    return { status: response.status, text: await response.text() };
  };
  await eventually(async () => {
    assert.ok(child.isRunning, child.stderr.join("\n"));
    return (await get("/readyz").catch(() => undefined))?.status === 200;
  }, "the service is ready");
  return { child, get };
}

const lost = (metrics: string) => Number(/^fairlead_log_lost_lines_total (\d+)$/m.exec(metrics)?.[1]);

for (const [what, redirection, options] of [
  ["standard output and error are on a full disk", ">/dev/full 2>&1", ""],
  ["standard output is on a full disk and wanted as JSON", ">/dev/full", "--json"],
  ["standard output and error are closed", ">&- 2>&-", ""],
  ["the reader of standard output has gone", "| true", "--json"],
] as const) {
  test(`up starts, serves and ends with 0 when ${what}`, {
    skip: existsSync("/dev/full") ? false : "no /dev/full",
  }, async () => {
    await using directory = await temporaryDirectory();
    const ports = await freePorts();
    const { child, get } = await startIn(directory.path, ports, redirection, options);
    await using _ = child;
    assert.equal(await exchange(ports.lines, "a\nb\n"), "OK 2\n");
    if (redirection.includes("/dev/full")) assert.ok(lost((await get("/metrics")).text) > 0);
    // The shell of a pipeline is not the service.
    const pid = redirection.startsWith("|") ? childOf(child.pid) : child.pid;
    process.kill(pid, "SIGTERM");
    const { code } = await within(child.exited, "the end after SIGTERM");
    assert.equal(code, 0);
  });
}

function childOf(pid: number): number {
  return Number(
    execFileSync("pgrep", ["-P", String(pid), "-f", "fairlead.mjs"], { encoding: "utf8" }).trim(),
  );
}

test("up starts, serves and ends with 0 when the readers of its output have stopped, and counts the lines that are lost", async () => {
  await using directory = await temporaryDirectory();
  const ports = await freePorts();
  const pipe = join(directory.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const { child, get } = await startIn(directory.path, ports, `>${pipe} 2>&1`);
  await using _ = child;
  await eventually(async () => {
    await Promise.all(Array.from({ length: 200 }, () => get("/livez")));
    return lost((await get("/metrics")).text) > 0;
  }, "lines are lost");
  assert.equal(await exchange(ports.lines, "a\nb\n"), "OK 2\n");
  child.signal("SIGTERM");
  assert.deepEqual(await within(child.exited, "the end after SIGTERM"), { code: 0, signal: null });
  closeSync(reader);
});

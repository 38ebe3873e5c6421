#!/usr/bin/env -S node --max-semi-space-size=2
// A small young generation: most of what we allocate are buffers that live outside it, so a large one only costs
// (10,000 connections: 9 KB each instead of 5; a million lines: a third more processor time).
//
// The `fairlead` command. Plain JavaScript, because it must run on a Node that cannot read TypeScript: there it hands
// over to the Node 24 that the package `node` brings.
import { spawn, spawnSync } from "node:child_process";
import module from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = new URL("../src/cli.ts", import.meta.url);

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 18);
}

/** Looks in every node_modules above, as the resolution of packages does. */
function findNode() {
  const binary = process.platform === "win32" ? "node.exe" : "node";
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "node", "bin", binary);
    const { stdout } = spawnSync(candidate, ["--version"], { encoding: "utf8" });
    if (isNewEnough(stdout ?? "")) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** As if the other Node had been called: its output, its signals, its exit code. */
function handOver(node) {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: "inherit" });
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone must be handed on.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"])
    process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`fairlead: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1);
  });
}

if (isNewEnough(process.version)) {
  // Not in the shared temporary directory, which is Node's default: whoever writes there would write what we run.
  module.enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/fairlead", import.meta.url)));
  await import(cli.href);
} else {
  const node = findNode();
  if (node) handOver(node);
  else {
    process.stderr.write(
      `fairlead: needs Node 24.18 or newer, this is ${process.version} and the package "node" is not installed. ` +
        "Run npm ci in the checkout, or install Node 24\n",
    );
    process.exitCode = 1;
  }
}

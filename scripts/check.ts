/** The gate before every commit: format, lint, types, architecture. Runs all of them, then fails if one did. */
import { spawnSync } from "node:child_process";
import { inspectTree } from "./architecture.ts";

function passes(name: string, command: string, args: readonly string[]): boolean {
  process.stderr.write(`fairlead: ${name}\n`);
  const done = spawnSync(command, args, { stdio: "inherit" });
  if (done.error) process.stderr.write(`fairlead: cannot run ${command}: ${done.error.message}\n`);
  return done.status === 0;
}

const formatted = passes("format and lint (biome)", "node_modules/.bin/biome", [
  "check",
  "--error-on-warnings",
  ".",
]);
const typed = passes("types (tsc)", "node_modules/.bin/tsc", ["-p", "."]);

process.stderr.write("fairlead: architecture\n");
const { faults, longFiles } = inspectTree(".");
for (const file of longFiles) process.stderr.write(`  reconsider: ${file}\n`);
for (const fault of faults) process.stderr.write(`  ${fault}\n`);

const isGood = formatted && typed && faults.length === 0;
process.stderr.write(isGood ? "fairlead: check passed\n" : "fairlead: check failed\n");
process.exitCode = isGood ? 0 : 1;

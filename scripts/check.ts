/** The gate before every commit. Runs all checks, the slow ones beside each other, then fails if one did. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { inspectTree } from "./architecture.ts";
import { allCitationFaults } from "./citations.ts";
import { completenessFaults } from "./completeness.ts";
import { floatingPromises } from "./promises.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Runs a program and prints what it says when it has ended, so that two of them do not mix their lines. */
async function passes(name: string, command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...(process.stderr.isTTY ? { FORCE_COLOR: "1" } : {}) },
  });
  const ended = Promise.withResolvers<number | null>();
  child.on("error", ended.reject).on("close", ended.resolve);
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended.promise]);
  say(`fairlead: ${name}`);
  process.stderr.write(output + errors);
  return code === 0;
}

function reports(name: string, faults: readonly string[]): boolean {
  say(`fairlead: ${name}`);
  for (const fault of faults) say(`  ${fault}`);
  return faults.length === 0;
}

const programs = [
  passes("format and lint (biome)", "node_modules/.bin/biome", ["check", "--error-on-warnings", "."]),
  passes("types (tsc)", "node_modules/.bin/tsc", ["-p", "."]),
  passes("generated documents", process.execPath, [...process.execArgv, "scripts/docs.ts", "--check"]),
];
const { faults, longFiles } = inspectTree(".");
const results = [
  reports("architecture", faults),
  reports("completeness", await completenessFaults(".")),
  reports("citations", allCitationFaults(".")),
  reports("floating promises", floatingPromises(process.cwd())),
  ...(await Promise.all(programs)),
];
for (const file of longFiles) say(`  reconsider: ${file}`);
const isGood = results.every(Boolean);
say(isGood ? "fairlead: check passed" : "fairlead: check failed");
process.exitCode = isGood ? 0 : 1;

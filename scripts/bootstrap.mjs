// Entry of every npm script. Runs on any Node >= 20: installs what is missing, then hands over to the
// Node 24 that the dev dependency `node` brings. Plain JavaScript, because Node 20 cannot read TypeScript.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command, ...rest] = process.argv.slice(2);
const say = (text) => process.stderr.write(`fairlead: ${text}\n`);

/** The script behind each npm command. */
const scripts = {
  up: ["services/standalone/bin/fairlead.mjs", "up"],
  test: ["scripts/test.ts"],
  check: ["scripts/check.ts"],
  docs: ["scripts/docs.ts"],
  bench: ["bench/main.ts"],
  size: ["scripts/size.ts"],
  corpus: ["libs/syslog/corpus/share.ts"],
  "test:compose": ["scripts/compose-smoke.ts"],
};

function fail(text) {
  say(text);
  process.exit(1);
}

/** True when node_modules holds what the lock file asks for. npm leaves a copy of the lock file's entries there as its last step. */
function isInstalled() {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const { packages: there } = JSON.parse(readFileSync(record, "utf8"));
  const { packages: wanted } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(wanted)
    .filter(([path]) => path.includes("node_modules/"))
    .every(([path, entry]) =>
      // npm leaves out the optional packages of other platforms.
      there[path] === undefined ? entry.optional === true : isDeepStrictEqual(there[path], entry),
    );
}

function installMissing() {
  if (isInstalled()) return;
  say("installing the dependencies (npm ci; about 15 seconds the first time)");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  // Children see npm's own settings of the surrounding `npm start` otherwise.
  const done = spawnSync(npm, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (done.error) fail(`cannot run npm: ${done.error.message}`);
  if (done.status !== 0) fail(`npm ci failed with exit code ${done.status}; its message stands above`);
  say("installed");
}

/** The Node to run on: the one of node_modules, else this one if it is new enough. */
function findNode() {
  const own = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  for (const candidate of [own, process.execPath]) {
    if (!existsSync(candidate)) continue;
    const { stdout } = spawnSync(candidate, ["--version"], { encoding: "utf8" });
    const [major = 0, minor = 0] = (stdout ?? "").replace(/^v/, "").split(".").map(Number);
    if (major > 24 || (major === 24 && minor >= 18)) return candidate;
  }
  return fail(
    "no Node >= 24.18 found: the package `node` did not install its binary (are install scripts blocked?). " +
      "Run `npm rebuild node`, or install Node 24",
  );
}

if (!(command in scripts)) fail(`unknown command ${command}; known: ${Object.keys(scripts).join(", ")}`);
installMissing();
const node = findNode();
const [script, ...first] = scripts[command];
const flags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=2"];
const child = spawn(node, [...flags, join(root, script), ...first, ...rest], {
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
});
// A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone must be handed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`cannot start ${node}: ${error.message}`));
child.on("exit", (code, signal) => {
  process.exitCode = signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1);
});

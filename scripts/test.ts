/**
 * Runs every test, says what was skipped and why. With FAIRLEAD_REQUIRE_ALL=1, as in CI, a skip is a failure, but where
 * the machine forbids what the test does.
 * Arguments choose files: `npm test -- libs/bus` runs what has this in its path.
 */
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec as Spec } from "node:test/reporters";

const chosen = process.argv.slice(2);
const files = globSync("{libs,services,bench,scripts}/**/*.test.ts", {
  exclude: (path) => path.includes("node_modules"),
})
  .filter((file) => chosen.length === 0 || chosen.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`fairlead: no test file has ${chosen.join(" or ")} in its path\n`);
  process.exitCode = 1;
} else {
  const requireAll = process.env["FAIRLEAD_REQUIRE_ALL"] === "1";
  const skipped = new Map<string, number>();
  process.stderr.write(`fairlead: running ${files.length} test files on Node ${process.version}\n`);

  const tests = run({ files, concurrency: 2, execArgv: ["--disable-warning=ExperimentalWarning"] });
  tests.on("test:fail", () => {
    process.exitCode = 1;
  });
  tests.on("test:pass", ({ skip, name }) => {
    if (skip === undefined) return;
    const reason = typeof skip === "string" && skip !== "" ? skip : `no reason given by "${name}"`;
    skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
  });
  tests.on("test:todo" as "test:pass", () => {
    process.exitCode = 1;
  });
  process.on("exit", () => {
    for (const [reason, count] of skipped) process.stderr.write(`fairlead: skipped ${count}: ${reason}\n`);
    // What may be skipped there is for `skipOrFail` of the harness to say, and its reasons begin so.
    const unasked = [...skipped.keys()].filter((reason) => !reason.startsWith("skipped: "));
    if (requireAll && unasked.length > 0) {
      process.stderr.write(
        "fairlead: FAIRLEAD_REQUIRE_ALL=1 turns a skip without skipOrFail into a failure\n",
      );
      process.exitCode = 1;
    }
  });
  tests.compose(new Spec()).pipe(process.stdout);
}

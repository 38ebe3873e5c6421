/** The commands of README.md and of the tutorial do what stands below them. Blocks marked `sh run` are run. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { findBinary, skipOrFail, temporaryDirectory } from "@fairlead/harness";
import { bin, configOf, environment, freePorts, startFairlead, writeConfig } from "./fairlead.ts";

const root = join(import.meta.dirname, "../../..");
const documents = ["README.md", "docs/tutorial/first-light.md"];
const tools = ["bash", "nc", "logger", "curl", "head"];
const missing = tools.filter((tool) => !findBinary(tool));

interface Step {
  readonly script: string;
  /** Lines that the output must be, "…" standing for anything; undefined: not said. */
  readonly expected: string | undefined;
}

function parseSteps(text: string): Step[] {
  return [...text.matchAll(/^```sh run\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)].map(
    ([, script = "", expected]) => ({
      script,
      expected,
    }),
  );
}

function asPattern(expected: string): RegExp {
  const escaped = expected.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("…", ".*")}$`, "m");
}

for (const document of documents) {
  test(`${document} gives what it says when its commands are run`, {
    skip: skipOrFail(missing.length > 0 ? `no ${missing.join(", ")}` : undefined),
  }, async () => {
    const steps = parseSteps(await readFile(join(root, document), "utf8"));
    assert.ok(steps.length > 0);
    await using directory = await temporaryDirectory();
    const ports = await freePorts();
    await writeConfig(directory.path, configOf(ports));
    await using fairlead = await startFairlead(directory.path);
    // npx would look into node_modules/.bin of the checkout; the command behind it is the same.
    await writeFile(directory.file("npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${bin}" "$@"\n`);
    await chmod(directory.file("npx"), 0o755);
    const env = {
      ...process.env,
      ...environment(directory.path),
      FAIRLEAD_URL: fairlead.ready.url,
      PATH: `${directory.path}:${process.env["PATH"]}`,
    };
    for (const { script, expected } of steps) {
      // The ports of the documents are the defaults; a test has its own.
      const text = ports
        .replaceIn(script)
        .replace("fairlead send", `fairlead send --to 127.0.0.1:${ports.lines}`);
      const { stdout } = await promisify(execFile)("bash", ["-ec", text], {
        cwd: directory.path,
        env,
        timeout: 600_000,
      });
      if (expected !== undefined) assert.match(stdout, asPattern(expected), text);
    }
  });
}

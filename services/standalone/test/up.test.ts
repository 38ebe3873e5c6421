/** What a person and a machine see of `fairlead up`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startProcess, temporaryDirectory } from "@fairlead/harness";
import {
  bin,
  configOf,
  environment,
  freePorts,
  runFairlead,
  startFairlead,
  writeConfig,
} from "./fairlead.ts";

test("fairlead up tells a person everything in the announcement, and nothing twice in the log", async () => {
  await using directory = await temporaryDirectory();
  await writeConfig(directory.path, configOf(await freePorts(), { log: { format: "human" } }));
  await using child = await startProcess(bin, {
    args: ["up"],
    cwd: directory.path,
    env: environment(directory.path),
  });
  await child.waitForLine("Ctrl-C stops it", { stream: "stderr" });
  assert.deepEqual(child.stdout, []);
  assert.deepEqual(await child.kill("SIGINT"), { code: 0, signal: null });
  assert.match(child.stdout.at(-1) ?? "", /drained$/);
});

test("fairlead up shows the version of the command as a metric and in the API document", async () => {
  await using directory = await temporaryDirectory();
  await writeConfig(directory.path, configOf(await freePorts()));
  await using fairlead = await startFairlead(directory.path);
  const version = (await runFairlead(directory.path, ["--version"])).stdout.trim();
  const metrics = await (await fetch(`${fairlead.ready.url}/metrics`)).text();
  assert.ok(metrics.includes(`fairlead_build_info{version="${version}"} 1`));
  const document = (await (await fetch(`${fairlead.ready.url}/v1/openapi.json`)).json()) as {
    info: { version: string };
  };
  assert.equal(document.info.version, version);
});

test("fairlead up --json logs one line for each endpoint", async () => {
  await using directory = await temporaryDirectory();
  await writeConfig(directory.path, configOf(await freePorts()));
  await using fairlead = await startFairlead(directory.path);
  const logged = fairlead.child.stdout.map((line) => JSON.parse(line)).filter(({ msg }) => msg !== undefined);
  const place = ({ scheme, host, port }: { scheme: string; host: string; port: number }) =>
    `${scheme}://${host}:${port}`;
  assert.deepEqual(logged.map(place), fairlead.ready.endpoints.map(place));
  assert.ok(logged.every(({ msg }) => /^listening: /.test(msg)));
});

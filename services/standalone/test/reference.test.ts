/**
 * The generated parts of docs/reference are what the code says. To write them anew:
 * FAIRLEAD_UPDATE_DOCS=1 node --test services/standalone/test/reference.test.ts
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "@fairlead/core";
import { openQueues, runServices } from "@fairlead/engine";
import { temporaryDirectory } from "@fairlead/harness";
import type { Command } from "commander";
import { ProcessTerminal } from "../src/environment.ts";
import { createProgram } from "../src/program.ts";
import { services } from "../src/services.ts";
import { configOf, environment, freePorts, runFairlead, startFairlead, writeConfig } from "./fairlead.ts";
import { apiReference, configurationReference, metricsReference, type OpenApi } from "./reference.ts";

const folder = join(import.meta.dirname, "../../../docs/reference");
const begin = "<!-- generated: begin -->";
const end = "<!-- generated: end -->";

async function assertCurrent(file: string, generated: string): Promise<void> {
  const path = join(folder, file);
  const text = await readFile(path, "utf8");
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  assert.ok(from >= begin.length && to > from, `${file} has no place for what is generated`);
  const wanted = `${text.slice(0, from)}\n\n${generated}\n\n${text.slice(to)}`;
  if (process.env["FAIRLEAD_UPDATE_DOCS"] === "1") await writeFile(path, wanted);
  else assert.ok(text === wanted, `${file} is not current: see the head of reference.test.ts`);
}

const resources = new AsyncDisposableStack();
let url = "";
let directory = "";

before(async () => {
  const temporary = resources.use(await temporaryDirectory());
  directory = temporary.path;
  const ports = await freePorts();
  await writeConfig(directory, configOf(ports));
  const fairlead = resources.use(await startFairlead(directory));
  url = fairlead.ready.url;
});

after(() => resources.disposeAsync());

test("docs/reference/configuration.md is what the schema says", async () => {
  const { stdout } = await runFairlead(directory, ["config", "schema"]);
  await assertCurrent("configuration.md", configurationReference(JSON.parse(stdout)));
});

test("docs/reference/http-api.md is what /v1/openapi.json says", async () => {
  await assertCurrent(
    "http-api.md",
    apiReference((await (await fetch(`${url}/v1/openapi.json`)).json()) as OpenApi),
  );
});

/** Labels whose values nobody knows before something has happened. */
const openLabels = /^fairlead_(http_request|queues_)|kernel_dropped/;

test("docs/reference/metrics.md is what is registered, and all of it is scraped from the start", async () => {
  const logSink = { write() {} };
  const env = { ...environment(directory), FAIRLEAD_DATA_DIR: join(directory, "metrics") };
  await writeConfig(directory, configOf(await freePorts()));
  await using running = await runServices({ name: "test", services, env, logSink });
  const { text } = await running.meter.render();
  for (const { name } of running.meter.registered) {
    if (!openLabels.test(name))
      assert.match(text, new RegExp(`^${name}(\\{|_bucket| )`, "m"), `${name} has no value`);
  }
  // No service uses work queues yet.
  const dependencies = {
    dataDir: directory,
    name: "reference",
    logger: running.logger,
    meter: running.meter,
    clock: systemClock,
  };
  await using _queues = await openQueues(running.config.values.bus, dependencies);
  await assertCurrent("metrics.md", metricsReference(running.meter.registered));
});

/** The words of every command that does something. */
function commandsOf({ commands }: Command): string[][] {
  return commands.flatMap((command) =>
    command.commands.length === 0
      ? [[command.name()]]
      : commandsOf(command).map((words) => [command.name(), ...words]),
  );
}

test("docs/reference/command-line.md is what --help says", async () => {
  const program = createProgram(new ProcessTerminal());
  const parts: string[] = [];
  for (const words of [[], ...commandsOf(program)]) {
    const { stdout } = await runFairlead(directory, [...words, "--help"], { env: { COLUMNS: "100" } });
    parts.push(`### ${["fairlead", ...words].join(" ")}\n\n\`\`\`text\n${stdout.trimEnd()}\n\`\`\``);
  }
  await assertCurrent("command-line.md", parts.join("\n\n"));
});

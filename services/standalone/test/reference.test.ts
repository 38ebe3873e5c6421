/**
 * The generated parts of docs/reference are what the code says. To write them anew:
 * FAIRLEAD_UPDATE_DOCS=1 node --test services/standalone/test/reference.test.ts
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { exchange, temporaryDirectory } from "@fairlead/harness";
import { configOf, freePorts, runFairlead, startFairlead, writeConfig } from "./fairlead.ts";
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
  // Some metrics have their labels only once something was counted.
  await exchange(ports.lines, "one\n");
  await (await fetch(`${url}/livez`)).text();
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

test("docs/reference/metrics.md is what /metrics gives", async () => {
  await assertCurrent("metrics.md", metricsReference(await (await fetch(`${url}/metrics`)).text()));
});

test("docs/reference/command-line.md is what --help says", async () => {
  const commands = [
    "",
    "up",
    "tail",
    "send",
    "doctor",
    "config check",
    "config print",
    "config schema",
    "token create",
  ];
  const parts: string[] = [];
  for (const command of commands) {
    const words = command === "" ? [] : command.split(" ");
    const { stdout } = await runFairlead(directory, [...words, "--help"], { env: { COLUMNS: "100" } });
    parts.push(`### fairlead${command && ` ${command}`}\n\n\`\`\`text\n${stdout.trimEnd()}\n\`\`\``);
  }
  await assertCurrent("command-line.md", parts.join("\n\n"));
});

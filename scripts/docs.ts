/**
 * `npm run docs` writes anew what is generated in docs/reference: the part of a page between its two marks. With --check
 * the script writes nothing, names the pages that are not current, and ends with code 1 when there are some.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runServices, servicesJsonSchema } from "@fairlead/engine";
import { defaultConfig } from "@fairlead/engine/testing";
import { temporaryDirectory } from "@fairlead/harness";
import { services } from "@fairlead/standalone";
import type { Command } from "commander";
import { ProcessTerminal } from "../services/standalone/src/environment.ts";
import { createProgram } from "../services/standalone/src/program.ts";
import { apiReference, configurationReference, metricsReference, type OpenApi } from "./reference.ts";

const folder = "docs/reference";
const begin = "<!-- generated: begin -->";
const end = "<!-- generated: end -->";

/** What the running thing says of itself. */
async function runtimePages(): Promise<[string, string][]> {
  await using directory = await temporaryDirectory();
  const env = { FAIRLEAD_DATA_DIR: join(directory.path, "data") };
  const configFile = join(directory.path, "fairlead.yaml");
  await writeFile(configFile, JSON.stringify(defaultConfig(services, () => 0)));
  await using running = await runServices({
    name: "docs",
    // The metrics of every part are described, also of those that no service uses yet.
    services: services.map((service) => ({ ...service, needs: ["bus", "state", "queues"] })),
    env,
    configFile,
    logSink: { write() {} },
  });
  const [http] = running.endpoints;
  const document = await fetch(`http://${http!.host}:${http!.port}/v1/openapi.json`);
  return [
    ["http-api.md", apiReference((await document.json()) as OpenApi)],
    ["metrics.md", metricsReference(running.meter.registered)],
  ];
}

/** The words of every command that does something. */
function commandsOf({ commands }: Command): string[][] {
  return commands.flatMap((command) =>
    command.commands.length === 0
      ? [[command.name()]]
      : commandsOf(command).map((words) => [command.name(), ...words]),
  );
}

function helpOf(program: Command, words: readonly string[]): string {
  let text = "";
  const command = words.reduce(
    (parent, word) => parent.commands.find((inner) => inner.name() === word)!,
    program,
  );
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 }).outputHelp();
  return `### ${["fairlead", ...words].join(" ")}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}

function commandLinePage(): string {
  const program = createProgram(new ProcessTerminal());
  return [[], ...commandsOf(program)].map((words) => helpOf(program, words)).join("\n\n");
}

const pages = new Map([
  ["configuration.md", configurationReference(servicesJsonSchema(services))],
  ["command-line.md", commandLinePage()],
  ...(await runtimePages()),
]);
const isCheck = process.argv.includes("--check");
for (const [page, generated] of pages) {
  const path = join(folder, page);
  const text = await readFile(path, "utf8");
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from)
    throw new Error(`Cannot write ${path}: ${begin} or ${end} is missing`);
  const wanted = `${text.slice(0, from)}\n\n${generated}\n\n${text.slice(to)}`;
  if (text === wanted) continue;
  if (isCheck) {
    process.stderr.write(`  ${path}: not what the code says; run \`npm run docs\`\n`);
    process.exitCode = 1;
  } else {
    await writeFile(path, wanted);
    process.stderr.write(`fairlead: wrote ${path}\n`);
  }
}

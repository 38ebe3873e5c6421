/** The `fairlead` command: assembles the commands; each loads what it needs when it runs. */
import { readFileSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { exitCodes, sendCommand, type Terminal, tailCommand } from "@fairlead/client/cli";
import { errorCode, FairleadError, toError } from "@fairlead/core";
import { Command, CommanderError } from "commander";
import { configCommand } from "./commands/config-command.ts";
import { doctorCommand } from "./commands/doctor-command.ts";
import { spoolCommand } from "./commands/spool-command.ts";
import { tokenCommand } from "./commands/token-command.ts";
import { upCommand } from "./commands/up-command.ts";
import { ProcessTerminal } from "./environment.ts";

const epilogue = `
Data goes to standard output, talk to standard error.
Exit codes: 0 done; 1 failed; 2 wrong usage; 69 Fairlead cannot be reached; 78 wrong configuration.`;

async function main(terminal: Terminal): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const program = new Command("fairlead")
    .description("Whatever speaks a socket becomes a durable message")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(fairlead --help lists the commands)")
    .addHelpText("after", epilogue);
  const commands = [
    upCommand,
    tailCommand,
    sendCommand,
    doctorCommand,
    configCommand,
    tokenCommand,
    spoolCommand,
  ];
  for (const create of commands) program.addCommand(create(terminal));
  for (const command of program.commands) inherit(command, program);
  try {
    await program.parseAsync();
  } catch (error) {
    terminal.exitCode = fail(error, terminal);
  }
}

/** Settings go to commands that are made by their parent; these are made on their own. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inherit(inner, command);
}

function fail(error: unknown, terminal: Terminal): number {
  // The option parser has said it already; --help and --version come here too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const { message, stack } = toError(error);
  if (process.argv.includes("--json")) {
    terminal.stderr.write(`${JSON.stringify({ error: asJson(error) })}\n`);
  } else {
    // Our errors say it all in their text; of any other the stack is what helps.
    terminal.stderr.write(`fairlead: ${error instanceof FairleadError ? message : (stack ?? message)}\n`);
  }
  return exitCodeOf(errorCode(error));
}

/** What is wrong with a configuration or a request stands in a list of its own, each with its place. */
function asJson(error: unknown): object {
  const { message } = toError(error);
  const code = errorCode(error) ?? "FAILED";
  if (!(error instanceof FairleadError)) return { code, message };
  const errors = "issues" in error ? error.issues : "errors" in error ? error.errors : undefined;
  if (!Array.isArray(errors) || errors.length === 0) return { code, message, ...error.data };
  return { code, message: message.split("\n", 1)[0], ...error.data, errors };
}

function exitCodeOf(code: string | undefined): number {
  if (code === "USAGE") return exitCodes.usage;
  if (code === "UNREACHABLE") return exitCodes.unreachable;
  return code?.startsWith("CONFIG_") ? exitCodes.configuration : exitCodes.failed;
}

// Threads look here for the compile cache; without it each would compile TypeScript for itself, at 25 MiB a head.
const compileCache = getCompileCacheDir();
if (compileCache !== undefined) process.env["NODE_COMPILE_CACHE"] ??= dirname(compileCache);

const terminal = new ProcessTerminal();
await main(terminal);
// `up` has set it itself.
process.exitCode ??= terminal.exitCode;

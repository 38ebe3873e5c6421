/** The `fairlead` command. Its exit code and standard error say how the command went. */
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { exitCodes, say, type Terminal } from "@fairlead/client/cli";
import { errorCode, FairleadError, printable, toError } from "@fairlead/core";
import { CommanderError } from "commander";
import { ProcessTerminal } from "./environment.ts";
import { createProgram } from "./program.ts";

async function main(terminal: Terminal): Promise<void> {
  try {
    await createProgram(terminal).parseAsync();
  } catch (error) {
    terminal.exitCode = fail(error, terminal);
  }
}

function fail(error: unknown, terminal: Terminal): number {
  // The option parser has said what is wrong already. --help and --version come here too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const { message, stack } = toError(error);
  if (process.argv.includes("--json")) {
    terminal.stderr.write(`${printable(JSON.stringify({ error: asJson(error) }))}\n`);
  } else {
    // The text of our own errors is enough. Of any other error the stack helps.
    say(terminal, error instanceof FairleadError ? message : (stack ?? message));
  }
  return exitCodeOf(errorCode(error));
}

/** The faults of a configuration or a request stand in a list of their own, each with its place. */
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

// Threads find the compile cache by this variable. Without the cache each thread would compile TypeScript, which takes 25 MiB.
const compileCache = getCompileCacheDir();
if (compileCache !== undefined) process.env["NODE_COMPILE_CACHE"] ??= dirname(compileCache);

const terminal = new ProcessTerminal();
await main(terminal);
// `up` has set the exit code itself.
process.exitCode ??= terminal.exitCode;

import type { Terminal } from "@fairlead/client/cli";
import { scopes } from "@fairlead/contracts/names";
import { Command } from "commander";
import type { TokenCreateOptions } from "./token.ts";

const scopeHelp = `
Scopes:
${Object.entries(scopes)
  .map(([scope, words]) => `  ${scope.padEnd(14)}${words}`)
  .join("\n")}`;

export function tokenCommand(terminal: Terminal): Command {
  const command = new Command("token").description("Make bearer tokens for the HTTP API");
  command
    .command("create")
    .description(
      "Make a token: its entry for the tokens file on standard output, the token itself, this once, on standard error",
    )
    .requiredOption("--name <name>", "who it is for; stands in the log")
    .requiredOption("--scope <scope>", "what it may do (repeatable)", collect)
    .option("--expires <when>", "a time like 2027-01-31T00:00:00Z, or from now on like 90d (default: never)")
    .option("--json", "print the token and its entry as a JSON object on standard output")
    .addHelpText("after", scopeHelp)
    .action(async (options: TokenCreateOptions) => {
      const { createTokenEntry } = await import("./token.ts");
      await createTokenEntry(options, terminal);
    });
  return command;
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

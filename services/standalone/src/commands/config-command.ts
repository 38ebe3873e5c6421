import type { Terminal } from "@fairlead/client/cli";
import { Command } from "commander";
import type { ConfigCommandOptions } from "./config.ts";

export function configCommand(terminal: Terminal): Command {
  const command = new Command("config").description("Check and show the configuration");
  const file = [
    "--config <file>",
    "configuration (default: FAIRLEAD_CONFIG, else ./fairlead.yaml where it exists)",
  ] as const;
  command
    .command("check")
    .description(
      "Say everything that is wrong with the configuration, at once; ends with code 78 when something is",
    )
    .option(...file)
    .option("--json", "print the result as JSON")
    .action(async (options: ConfigCommandOptions) =>
      (await import("./config.ts")).checkConfig(options, terminal),
    );
  command
    .command("print")
    .description("Print every key with its value or default, as YAML. Secrets are never printed")
    .option(...file)
    .option("--redacted", "replace secrets by ***, which is always done; for scripts that want to say so")
    .option("--json", "print JSON")
    .action(async (options: ConfigCommandOptions) =>
      (await import("./config.ts")).printConfig(options, terminal),
    );
  command
    .command("schema")
    .description("Print the JSON Schema of the configuration, for editors")
    .action(async () => (await import("./config.ts")).printSchema(terminal));
  return command;
}

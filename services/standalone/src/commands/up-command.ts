import type { Terminal } from "@fairlead/client/cli";
import { Command } from "commander";
import type { UpOptions } from "../up.ts";

export function upCommand(terminal: Terminal): Command {
  return new Command("up")
    .description("Run Fairlead in this process until SIGTERM or Ctrl-C, then drain and end")
    .option(
      "--config <file>",
      "configuration (default: FAIRLEAD_CONFIG, else ./fairlead.yaml where it exists)",
    )
    .option("--json", "print the endpoints as a JSON object, and log in JSON on a terminal too")
    .action(async (options: UpOptions) => {
      const { up } = await import("../up.ts");
      await up(options, terminal);
    });
}

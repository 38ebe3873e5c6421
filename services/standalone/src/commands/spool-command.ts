import type { Terminal } from "@fairlead/client/cli";
import { Command } from "commander";
import type { SpoolCommandOptions } from "./spool.ts";

export function spoolCommand(terminal: Terminal): Command {
  const command = new Command("spool").description(
    "Look after the events that wait on this disk for RabbitMQ, of a Fairlead that does not run (doctor asks one that does)",
  );
  const add = (name: "status" | "verify" | "export" | "empty", description: string) =>
    command
      .command(name)
      .description(description)
      .option(
        "--config <file>",
        "configuration (default: FAIRLEAD_CONFIG, else ./fairlead.yaml where it exists)",
      )
      .action(async (options: SpoolCommandOptions) =>
        (await import("./spool.ts")).spoolOperations[name](options, terminal),
      );
  const json = ["--json", "print the result as JSON"] as const;
  const judged = "ends with code 1 when some are damaged or the file had to be repaired";
  add("status", `Say how many events wait, and since when; ${judged}`).option(...json);
  add("verify", `Read and check every event; ${judged}`).option(...json);
  add(
    "export",
    `Print every event as a line of JSON (CloudEvents), oldest first; they stay in the spool; ${judged}`,
  ).option("--json", "the same: its lines are JSON anyway");
  add(
    "empty",
    `Send everything to RabbitMQ and wait until it is confirmed; ends with code 1 when events are left, some are damaged or the file had to be repaired`,
  ).option(...json);
  return command;
}

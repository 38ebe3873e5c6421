import { topicPattern } from "@fairlead/contracts/names";
import { Command } from "commander";
import { addConnectionOptions, UsageError } from "./connection-options.ts";
import type { TailCommandOptions } from "./tail.ts";
import type { Terminal } from "./terminal.ts";

export function tailCommand(terminal: Terminal): Command {
  const command = new Command("tail")
    .description("Print events as they are logged. Ends with code 0 on Ctrl-C and when its reader goes away")
    .option(
      "--after <offset>",
      'start behind this offset: 0 for all that is kept, "end" for what comes',
      parseAfter,
      "end",
    )
    .option("--type <pattern>", "only these event types, like tcp.* (repeatable)", collectTypes)
    .option("--json", "one JSON object a line and event, its records decoded")
    .option("--no-follow", "stop at what is the last event now");
  return addConnectionOptions(command).action(async (options: TailCommandOptions) => {
    const { tail } = await import("./tail.ts");
    await tail(options, terminal);
  });
}

function parseAfter(text: string): number | "end" {
  if (text === "end") return "end";
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(
    `Cannot start after ${JSON.stringify(text)}: write an offset, 0 for the first, or "end"`,
  );
}

function collectTypes(value: string, previous: readonly string[] = []): string[] {
  if (topicPattern.test(value)) return [...previous, value];
  throw new UsageError(
    `Cannot look for ${JSON.stringify(value)}: write at most 10 words with dots between them, * for any word, # for any number`,
  );
}

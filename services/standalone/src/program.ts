import { readFileSync } from "node:fs";
import { sendCommand, type Terminal, tailCommand } from "@fairlead/client/cli";
import { Command } from "commander";
import { configCommand } from "./commands/config-command.ts";
import { doctorCommand } from "./commands/doctor-command.ts";
import { spoolCommand } from "./commands/spool-command.ts";
import { tokenCommand } from "./commands/token-command.ts";
import { upCommand } from "./commands/up-command.ts";

const epilogue = `
Data goes to standard output, talk to standard error.
Exit codes: 0 done; 1 failed; 2 wrong usage; 69 Fairlead cannot be reached; 78 wrong configuration.`;

/** All commands of `fairlead`; each loads what it needs when it runs. */
export function createProgram(terminal: Terminal): Command {
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
  return program;
}

/** Commander gives settings to commands that their parent makes. Ours are made on their own, so the settings are copied. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inherit(inner, command);
}

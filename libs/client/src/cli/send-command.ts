import { parseDurationMs } from "@fairlead/core";
import { Command, Option } from "commander";
import { UsageError } from "./connection-options.ts";
import type { SendCommandOptions, Target } from "./send.ts";
import type { Terminal } from "./terminal.ts";

export function sendCommand(terminal: Terminal): Command {
  return new Command("send")
    .description(
      "Send lines and wait until each is acknowledged as durable; repeats what a lost connection left open. " +
        "With --udp: a datagram for each line, which nobody acknowledges",
    )
    .argument("[line...]", "lines to send; without any, they come from --file or standard input")
    .option("--to <host:port>", "where to (default: 127.0.0.1:7001, with --udp 127.0.0.1:7010)", parseTarget)
    .option("--file <file>", "send the lines of a file; - for standard input")
    .option("--udp", "send datagrams instead")
    .addOption(
      new Option("--ack-timeout <duration>", "give a connection up when it acknowledges nothing for so long")
        .argParser(parseDuration)
        .default(30_000, "30s"),
    )
    .option(
      "--attempts <count>",
      "dials and connections in a row without an acknowledgement before giving up, the first dial included",
      parseCount,
      10,
    )
    .option("--json", "print the result as JSON")
    .action(async (lines: string[], options: SendCommandOptions) => {
      const { send } = await import("./send.ts");
      await send(lines, options, terminal);
    });
}

/** "127.0.0.1:7001", "[::1]:7001", "example.org:7001", ":7001" or "7001" for this machine. */
function parseTarget(text: string): Target {
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) {
    throw new UsageError(
      `Cannot send to ${JSON.stringify(text)}: write host:port, like 127.0.0.1:7001 or [::1]:7001`,
    );
  }
  return { host: match[1] || match[2] || "127.0.0.1", port };
}

function parseDuration(text: string): number {
  try {
    return parseDurationMs(text);
  } catch (error) {
    throw new UsageError(
      `Cannot wait ${JSON.stringify(text)}: write a number and ms, s, m or h, like "30s"`,
      error,
    );
  }
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot make ${JSON.stringify(text)} attempts: write a whole number from 1`);
}

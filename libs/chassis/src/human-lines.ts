import { printable, printableLines } from "@fairlead/core";

/** The place where log lines go. Each line is whole and ends in LF. */
export interface LineSink {
  write(line: string): unknown;
}

const own = new Set(["level", "time", "service", "msg", "err"]);

/** Turns JSON log lines into short ones for a terminal: "12:00:01 warn  tcp-gateway: cannot accept  limit=10". */
export function createHumanLines(output: LineSink): LineSink {
  return {
    write: (line) => output.write(humanLine(line)),
  };
}

function humanLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return `${printableLines(line.trimEnd())}\n`;
  }
  const fields = Object.entries(entry)
    .filter(([name]) => !own.has(name))
    .map(([name, value]) => `  ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const time = String(entry["time"]).slice(11, 19);
  const head = `${time} ${String(entry["level"]).padEnd(5)} ${entry["service"]}: ${entry["msg"] ?? ""}`;
  return `${printable(`${head}${fields.join("")}`)}${printableLines(errorText(entry["err"]))}\n`;
}

function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null)
    return error === undefined ? "" : `  err=${JSON.stringify(error)}`;
  if ("stack" in error && typeof error.stack === "string")
    return `\n  ${error.stack.replaceAll("\n", "\n  ")}`;
  return "message" in error ? `  err=${JSON.stringify(error.message)}` : "";
}

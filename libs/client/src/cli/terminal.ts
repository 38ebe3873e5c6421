import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { printableLines } from "@fairlead/core";

/** The exit codes of every command (docs/reference/command-line.md), from 64 on as in sysexits(3). */
export const exitCodes = {
  done: 0,
  /** The command failed. The message says why. */
  failed: 1,
  /** Unknown command or option, impossible value: nothing was tried. */
  usage: 2,
  /** Nobody answers at the address. */
  unreachable: 69,
  /** The configuration has errors. */
  configuration: 78,
} as const;

/** The terminal of a command. Data goes to `stdout`, messages go to `stderr`. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires on SIGINT, on SIGTERM, and when nobody reads standard output any more (`| head`). */
  readonly signal: AbortSignal;
  /** The exit code. The command sets this field. */
  exitCode: number;
}

/** Writes a message. What a peer put into the text does not steer the terminal. */
export function say(terminal: Terminal, text: string): void {
  terminal.stderr.write(`fairlead: ${printableLines(text)}\n`);
}

/**
 * Writes to standard output, and waits while the reader of the output is slower. Once the signal has fired the text is still
 * written, so that a command can say how far it came, but nothing is waited for. A command that writes without end must check the
 * signal. What a peer put into the text does not steer a terminal.
 */
export async function writeOut(terminal: Terminal, text: string): Promise<void> {
  if (terminal.stdout.write(printableLines(text)) || terminal.signal.aborted) return;
  await once(terminal.stdout, "drain", { signal: terminal.signal }).catch(() => {});
}

/** A size for people, to one decimal: "1.2MiB". */
export function approximateSize(bytes: number): string {
  for (const [unit, factor] of [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const) {
    if (bytes >= factor) return `${Number((bytes / factor).toFixed(1))}${unit}`;
  }
  return `${bytes}B`;
}

import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

/** Exit codes of every command (docs/reference/command-line.md); from 64 on as in sysexits(3). */
export const exitCodes = {
  done: 0,
  /** It did not work; the message says why. */
  failed: 1,
  /** Unknown command or option, impossible value: nothing was tried. */
  usage: 2,
  /** Nobody answers at the address. */
  unreachable: 69,
  /** The configuration has errors. */
  configuration: 78,
} as const;

/** What a command talks to. Data goes to `stdout`, talk to `stderr`. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires on SIGINT, SIGTERM, and when nobody reads standard output any more (`| head`). */
  readonly signal: AbortSignal;
  /** Set by the command that ran. */
  exitCode: number;
}

export function say(terminal: Terminal, text: string): void {
  terminal.stderr.write(`fairlead: ${text}\n`);
}

/**
 * Writes to standard output and waits while its reader is slower than we are; not once the signal has fired. Text goes out
 * then, too: how far a command came is to be said. Who writes without end looks at the signal.
 */
export async function writeOut(terminal: Terminal, text: string): Promise<void> {
  if (terminal.stdout.write(text) || terminal.signal.aborted) return;
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

/** Control characters made visible: what a device sends must not steer the terminal of whoever looks at it. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const known: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

import { createToken } from "@fairlead/chassis";
import { say, type Terminal, UsageError, writeOut } from "@fairlead/client/cli";
import { scopes } from "@fairlead/contracts";
import { parseDurationMs } from "@fairlead/core";

export interface TokenCreateOptions {
  readonly name: string;
  readonly scope: readonly string[];
  readonly expires?: string;
  readonly json?: boolean;
}

/** `fairlead token create`. @throws {UsageError} for what the tokens file would not take */
export async function createTokenEntry(
  options: TokenCreateOptions,
  terminal: Terminal,
  nowMs: number = Date.now(),
): Promise<void> {
  const name = parseName(options.name);
  for (const scope of options.scope) checkScope(scope);
  const expires = options.expires === undefined ? undefined : parseExpiry(options.expires, nowMs);
  const { token, sha256 } = createToken();
  const entry = { name, sha256, scopes: options.scope, ...(expires && { expires }) };
  if (options.json) return writeOut(terminal, `${JSON.stringify({ token, entry })}\n`);
  say(terminal, `the token, shown this once: ${token}`);
  say(
    terminal,
    "its entry belongs below `tokens:` in the file of http.tokensFile, which is read again within a second",
  );
  await writeOut(terminal, entryLines(entry));
}

/** Indented as an element of the list `tokens`, so that `>> tokens.yaml` makes a file that works. JSON text is YAML text. */
function entryLines(entry: object): string {
  const [first, ...rest] = Object.entries(entry).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [`  - ${first}`, ...rest.map((line) => `    ${line}`), ""].join("\n");
}

function parseName(text: string): string {
  if (text.length >= 1 && text.length <= 64) return text;
  throw new UsageError(`Cannot name a token ${JSON.stringify(text)}: write 1 to 64 characters`);
}

function checkScope(scope: string): void {
  if (Object.hasOwn(scopes, scope)) return;
  throw new UsageError(
    `Cannot give the scope ${JSON.stringify(scope)}: there are ${Object.keys(scopes).join(", ")}`,
  );
}

/** A time in the future, in the one form that the tokens file takes. */
function parseExpiry(text: string, nowMs: number): string {
  const atMs = /^\d{4}-/.test(text) ? parseTime(text) : nowMs + parseFromNow(text);
  if (atMs > nowMs && atMs < Date.UTC(10_000, 0)) return new Date(atMs).toISOString();
  throw new UsageError(`Cannot let a token expire at ${JSON.stringify(text)}: it must be in the future`);
}

function parseTime(text: string): number {
  // A time without an offset would mean another moment on every machine.
  const atMs = /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw new UsageError(
    `Cannot read the time ${JSON.stringify(text)}: write it with its offset, like 2027-01-31T00:00:00Z`,
  );
}

function parseFromNow(text: string): number {
  try {
    return parseDurationMs(text);
  } catch (cause) {
    throw new UsageError(
      `Cannot read the expiry ${JSON.stringify(text)}: write a time like 2027-01-31T00:00:00Z, or from now on like 90d`,
      cause,
    );
  }
}

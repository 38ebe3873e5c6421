import { readFileSync } from "node:fs";
import { FairleadError, redactUrlValue, toError } from "@fairlead/core";
import type { Command } from "commander";
import type { HttpOptions } from "../http.ts";
import type { Terminal } from "./terminal.ts";

/** The address of the running Fairlead, and the token of the caller. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

/** An option or variable that cannot be used. The exit code is 2. */
export class UsageError extends FairleadError {
  constructor(message: string, cause?: unknown) {
    super("USAGE", message, cause === undefined ? {} : { cause });
  }
}

export function addConnectionOptions(command: Command): Command {
  return command
    .option("--url <url>", "address of the HTTP API (default: FAIRLEAD_URL, else http://127.0.0.1:7000)")
    .option(
      "--token <token>",
      "bearer token (default: FAIRLEAD_TOKEN); others on this machine can see it in ps",
    )
    .option("--token-file <file>", "file with the bearer token (default: FAIRLEAD_TOKEN_FILE)");
}

/** The address and token: from the options, else from the environment, else the embedded defaults. @throws {UsageError} */
export function resolveHttp(options: ConnectionOptions, env: Terminal["env"]): HttpOptions {
  const url = options.url ?? env["FAIRLEAD_URL"] ?? localUrl(env);
  const { protocol = "", username, password } = URL.parse(url) ?? {};
  // `fetch` refuses a URL with a password, and its error names the URL.
  if (!/^https?:$/.test(protocol) || username || password) {
    throw new UsageError(
      `Cannot use the address ${redactUrlValue(url)}: write it like http://127.0.0.1:7000, and give a token with --token-file`,
    );
  }
  const file = options.tokenFile ?? (options.token === undefined ? env["FAIRLEAD_TOKEN_FILE"] : undefined);
  return { url, token: options.token ?? (file ? readToken(file) : env["FAIRLEAD_TOKEN"]) };
}

/** The default address. The variables that move the HTTP listener of `up` also move this address. */
function localUrl(env: Terminal["env"]): string {
  const host = reachable(env["FAIRLEAD_HOST"] || "127.0.0.1");
  const inUrl = host.includes(":") ? `[${host}]` : host;
  return `http://${inUrl}:${env["FAIRLEAD_HTTP_PORT"] || 7000}`;
}

/** A wildcard address is for binding; this machine reaches it by loopback. */
export function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new UsageError(`Cannot read the token file ${file}: ${toError(error).message}`, error);
  }
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { defaultConfig, defaultPorts } from "@fairlead/engine/testing";
import { freePort, type StartedProcess, startProcess } from "@fairlead/harness";
import { services } from "../src/services.ts";

export const bin = join(import.meta.dirname, "../bin/fairlead.mjs");

/** What `fairlead up --json` says when it is ready. */
export interface Ready {
  readonly url: string;
  readonly endpoints: readonly {
    readonly scheme: string;
    readonly host: string;
    readonly port: number;
    readonly description: string;
  }[];
}

/** Ports that stay the same over restarts, in the place of the default ports. */
export class Ports {
  readonly #own: ReadonlyMap<number, number>;

  constructor(own: ReadonlyMap<number, number>) {
    this.#own = own;
  }

  /** @throws {Error} for a port that no socket has by default */
  of(port: number): number {
    const own = this.#own.get(port);
    if (own === undefined) throw new Error(`Cannot find a port: ${port} is no default port of any service`);
    return own;
  }

  /** A text that names default ports, with the own ones. */
  replaceIn(text: string): string {
    return text.replace(/\b\d{4,5}\b/g, (digits) => String(this.#own.get(Number(digits)) ?? digits));
  }

  get http(): number {
    return this.of(7000);
  }
  get lines(): number {
    return this.of(7001);
  }
  get raw(): number {
    return this.of(7010);
  }
  get syslog(): number {
    return this.of(5514);
  }
  get statsd(): number {
    return this.of(8125);
  }
}

export async function freePorts(): Promise<Ports> {
  const defaults = defaultPorts(services);
  const taken = new Set<number>();
  while (taken.size < defaults.length) taken.add(await freePort());
  const own = [...taken];
  return new Ports(new Map(defaults.map((port, index) => [port, own[index]!])));
}

/** A configuration with every default on the given ports; `more` takes the place of whole sections. */
export function configOf(ports: Ports, more: Readonly<Record<string, object>> = {}): Record<string, object> {
  const config = defaultConfig(services, (port) => ports.of(port));
  // No test waits for the ten seconds of the default.
  const quick = JSON.parse(
    JSON.stringify(config, (key, value) => (key === "flushInterval" ? "200ms" : value)),
  );
  // No request and no connection is late because one of the two processes stood still.
  const patient = { headerTime: "10s", bodyTime: "10m", idleTime: "10m", keepAliveTime: "10m" };
  return { ...quick, http: { ...quick.http, ...patient }, ...more };
}

/** Environment of a process that is not touched by whoever runs the tests. */
export function environment(directory: string): Record<string, string | undefined> {
  return {
    FAIRLEAD_CONFIG: join(directory, "fairlead.yaml"),
    FAIRLEAD_DATA_DIR: join(directory, "data"),
    FAIRLEAD_HOST: undefined,
    FAIRLEAD_HTTP_PORT: undefined,
    FAIRLEAD_LOG_LEVEL: undefined,
    FAIRLEAD_TOKENS_FILE: undefined,
    FAIRLEAD_TOKEN: undefined,
    FAIRLEAD_TOKEN_FILE: undefined,
    FAIRLEAD_URL: undefined,
    FAIRLEAD_AMQP_URL: undefined,
    FAIRLEAD_REDIS_URL: undefined,
    OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined,
  };
}

/** Writes the configuration; JSON is YAML. */
export async function writeConfig(directory: string, config: object): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "fairlead.yaml"), JSON.stringify(config));
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Any command of fairlead that ends by itself. */
export async function runFairlead(
  directory: string,
  args: readonly string[],
  options: { input?: string; env?: Record<string, string | undefined>; node?: string } = {},
): Promise<CommandResult> {
  const child = spawn(options.node ?? process.execPath, [bin, ...args], {
    cwd: directory,
    env: { ...process.env, ...environment(directory), ...options.env },
  });
  child.stdin.on("error", () => {}); // It may end before it has read everything.
  child.stdin.end(options.input ?? "");
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

/** `fairlead up`, when it is ready. Its configuration is already written. */
export async function startFairlead(
  directory: string,
  env: Record<string, string | undefined> = {},
): Promise<
  { readonly child: StartedProcess; readonly ready: Ready; readonly readyMs: number } & AsyncDisposable
> {
  const startedAt = performance.now();
  const child = await startProcess(bin, {
    args: ["up", "--json"],
    cwd: directory,
    env: { ...environment(directory), ...env },
  });
  const ready = await child.waitForJson<Ready & { status: string }>((line) => line.status === "ready", {
    stream: "stdout",
  });
  return {
    child,
    ready,
    readyMs: performance.now() - startedAt,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

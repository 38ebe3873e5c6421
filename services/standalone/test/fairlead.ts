import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type UdpListenerKind, udpListenerKinds } from "@fairlead/contracts/names";
import { freePort, type StartedProcess, startProcess } from "@fairlead/harness";

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

export type Ports = Readonly<Record<"http" | "lines" | UdpListenerKind, number>>;

/** Ports that stay the same over restarts. */
export async function freePorts(): Promise<Ports> {
  const names = ["http", "lines", ...udpListenerKinds] as const;
  const taken = new Set<number>();
  while (taken.size < names.length) taken.add(await freePort());
  const ports = [...taken];
  return Object.fromEntries(names.map((name, index) => [name, ports[index]])) as Ports;
}

/** Settings with which a datagram becomes an event within a moment, for the kinds whose defaults wait longer. */
const prompt: { readonly [Kind in UdpListenerKind]?: object } = { statsd: { flushInterval: "200ms" } };

/** A configuration with the listeners of the defaults on the given ports; `more` is merged over its sections. */
export function configOf(ports: Ports, more: Readonly<Record<string, object>> = {}): Record<string, object> {
  return {
    // No request and no connection is late because one of the two processes stood still.
    http: { port: ports.http, headerTime: "10s", bodyTime: "10m", idleTime: "10m", keepAliveTime: "10m" },
    "tcp-gateway": { listeners: [{ name: "lines", port: ports.lines }] },
    "udp-collector": {
      listeners: udpListenerKinds.map((kind) => ({ name: kind, kind, port: ports[kind], ...prompt[kind] })),
    },
    ...more,
  };
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

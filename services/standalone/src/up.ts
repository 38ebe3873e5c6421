import type { Terminal } from "@fairlead/client/cli";
import { formatAddress } from "@fairlead/core";
import { type RunningServices, runProcess } from "@fairlead/engine";
import { announcement } from "./announcement.ts";
import { services } from "./services.ts";

export interface UpOptions {
  /** Default: FAIRLEAD_CONFIG, else ./fairlead.yaml where it exists, else none. */
  readonly config?: string;
  /** The endpoints as JSON on standard output instead of words on standard error. */
  readonly json?: boolean;
}

/** `fairlead up`: runs until the first signal, drains, and sets the exit code of the process. */
export async function up(options: UpOptions, terminal: Omit<Terminal, "signal">): Promise<void> {
  await runProcess({
    name: "fairlead",
    services,
    env: terminal.env,
    configFile: options.config,
    ...(options.json ? { isTerminal: false } : {}),
    onReady: (running) => {
      if (options.json) terminal.stdout.write(`${JSON.stringify(readyLine(running))}\n`);
      else terminal.stderr.write(announcement(running.endpoints, running.config.values));
    },
  });
}

function readyLine({ endpoints, config, instance }: RunningServices): object {
  const [http] = endpoints;
  return {
    status: "ready",
    url: http && `http://${formatAddress(http)}`,
    instance,
    pid: process.pid,
    dataDirectory: config.values.dataDir,
    configuration: config.file ?? null,
    endpoints,
  };
}

import type { Writable } from "node:stream";
import { exitCodes, type Terminal } from "@fairlead/client/cli";
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
      const isWritten = options.json
        ? tryWrite(terminal.stdout, `${JSON.stringify(readyLine(running))}\n`)
        : tryWrite(terminal.stderr, announcement(running.endpoints, running.config.values));
      if (!isWritten) running.logger.warn({}, "the endpoints could not be written to the terminal");
    },
  });
  // What could not be written at the start is no failure of the service.
  terminal.exitCode = exitCodes.done;
}

/** False when the text cannot be written, as on a full disk, where Node throws. The service runs all the same. */
function tryWrite(stream: Writable, text: string): boolean {
  try {
    stream.write(text);
    return true;
  } catch {
    return false;
  }
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

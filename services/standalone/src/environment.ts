import type { Terminal } from "@fairlead/client/cli";
import { FairleadError } from "@fairlead/core";

/** The process as the commands see it. Signals are listened to only when a command asks for `signal`: `up` has its own. */
export class ProcessTerminal implements Terminal {
  readonly stdin = process.stdin;
  readonly stdout = process.stdout;
  readonly stderr = process.stderr;
  readonly env = process.env;
  exitCode = 0;
  #stop: AbortController | undefined;

  constructor() {
    // A reader that has seen enough (`| head`) is no error: the command ends as if it were done. `up` goes on.
    this.stdout.on("error", (error: NodeJS.ErrnoException) => {
      const isRead = error.code !== "EPIPE";
      if (isRead) this.exitCode = 1;
      const why = isRead ? error.message : "nobody reads standard output any more";
      this.#stop?.abort(new FairleadError("INTERRUPTED", `Cannot write: ${why}`, { cause: error }));
    });
    // There is no other place to report this error.
    this.stderr.on("error", () => {});
  }

  get signal(): AbortSignal {
    if (this.#stop === undefined) {
      const stop = new AbortController();
      this.#stop = stop;
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        process.once(name, () =>
          stop.abort(new FairleadError("INTERRUPTED", `Cannot go on: ${name} was received`)),
        );
      }
    }
    return this.#stop.signal;
  }
}

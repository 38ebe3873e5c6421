import { type Clock, FairleadError, type Logger, systemClock, toError } from "@fairlead/core";

/** Exit codes of every process of Fairlead; usage and configuration as in sysexits(3) and by common habit. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, badConfiguration: 78 } as const;

/** npm and a terminal both deliver one key press: signals within this time count as one. */
const sameSignalMs = 1_000;

/** Everything of the process that `run` touches, so that a test can stand in for it. */
export interface HostProcess {
  /** Emits SIGTERM, SIGINT, uncaughtException, unhandledRejection. */
  readonly events: NodeJS.EventEmitter;
  setExitCode(code: number): void;
  exit(code: number): void;
  /** What keeps the process alive, by kind. */
  openResources(): readonly string[];
  /** One line to standard error. */
  say(text: string): void;
}

const systemProcess: HostProcess = {
  events: process,
  setExitCode: (code) => {
    process.exitCode = code;
  },
  exit: (code) => process.exit(code),
  openResources: () => process.getActiveResourcesInfo(),
  say: (text) => process.stderr.write(`${text}\n`),
};

/** What `main` is given. */
export interface RunContext {
  /** Fires at the first SIGTERM or SIGINT, and at an error that nobody caught: drain, then return. */
  readonly signal: AbortSignal;
  /** Whole milliseconds until the process is made to exit; the whole limit before the signal. */
  remainingMs(): number;
  /** Called once the configuration is known. */
  configure(settings: { readonly logger?: Logger; readonly shutdownMs?: number }): void;
}

export interface RunOptions {
  /** Begins the lines on standard error: "tcp-gateway". */
  readonly name: string;
  /** From the first signal to the forced exit, in milliseconds. Default 25,000: below the 30 s of Kubernetes. */
  readonly shutdownMs?: number;
  /** The drain after an error that nobody caught gets at most this long: the state is not to be trusted. Default 5,000. */
  readonly crashDrainMs?: number;
  readonly clock?: Clock;
  readonly process?: HostProcess;
}

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof FairleadError)) return exitCodes.failure;
  if (error.code === "USAGE") return exitCodes.usage;
  return error.code.startsWith("CONFIG_") ? exitCodes.badConfiguration : exitCodes.failure;
}

/**
 * Runs a process from its start to its exit code. `main` returns when it has drained after the signal, or when its work
 * is done; the process then ends by itself, as nothing is left open. It is made to exit only when the drain exceeds
 * `shutdownMs`, or at a second signal.
 */
export async function run(main: (context: RunContext) => Promise<void>, options: RunOptions): Promise<void> {
  const host = options.process ?? systemProcess;
  const clock = options.clock ?? systemClock;
  const stop = new AbortController();
  let { shutdownMs = 25_000 } = options;
  const { crashDrainMs = 5_000 } = options;
  let logger: Logger | undefined;
  let firstSignalAt: number | undefined;
  let exitAt: number | undefined;

  const fail = (message: string, error?: unknown) => {
    host.setExitCode(exitCodes.failure);
    if (logger) logger.error(error === undefined ? {} : { err: toError(error) }, message);
    else host.say(`${options.name}: ${message}${error === undefined ? "" : `: ${describe(error)}`}`);
  };
  const exitAfter = (limitMs: number) => {
    exitAt = Math.min(exitAt ?? Number.POSITIVE_INFINITY, clock.monotonicMs() + limitMs);
    clock.timer(limitMs, () => {
      fail(`Cannot finish in time: still open after ${limitMs} ms: ${host.openResources().join(", ")}`);
      host.exit(exitCodes.failure);
    });
  };
  const onSignal = (name: string) => {
    const now = clock.monotonicMs();
    if (firstSignalAt === undefined) {
      firstSignalAt = now;
      logger?.info({ signal: name, limitMs: shutdownMs }, "stopping");
      exitAfter(shutdownMs);
      stop.abort(new FairleadError("STOPPING", `Cannot go on: ${name} was received`));
    } else if (now - firstSignalAt > sameSignalMs) {
      fail(`exiting at once: ${name} was received again`);
      host.exit(exitCodes.failure);
    }
  };
  const onCrash = (error: unknown) => {
    fail("an error that nobody caught", error);
    if (stop.signal.aborted) return;
    exitAfter(Math.min(crashDrainMs, shutdownMs));
    stop.abort(toError(error));
  };

  host.events.on("SIGTERM", onSignal);
  host.events.on("SIGINT", onSignal);
  host.events.on("uncaughtException", onCrash);
  host.events.on("unhandledRejection", onCrash);
  try {
    await main({
      signal: stop.signal,
      remainingMs: () =>
        exitAt === undefined ? shutdownMs : Math.max(0, Math.floor(exitAt - clock.monotonicMs())),
      configure: (settings) => {
        logger = settings.logger ?? logger;
        shutdownMs = settings.shutdownMs ?? shutdownMs;
      },
    });
  } catch (error) {
    // Stopped while it was starting: what `main` had opened is closed again, and that is a good end.
    if (error !== stop.signal.reason || firstSignalAt === undefined) {
      host.say(`${options.name}: ${describe(error)}`);
      host.setExitCode(exitCodeOf(error));
    }
  }
  // Nothing should be open now. If something is, the process says what and ends all the same.
  if (!stop.signal.aborted) exitAfter(shutdownMs);
}

/** Our errors are for operators and say it all in their text; of any other the stack is what helps. */
function describe(error: unknown): string {
  if (error instanceof FairleadError) return error.message;
  return toError(error).stack ?? toError(error).message;
}

import { type Clock, FairleadError, type Logger, redactUrls, systemClock, toError } from "@fairlead/core";

/** The exit codes of every process of Fairlead, those of usage and configuration by sysexits(3) and common habit. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, badConfiguration: 78 } as const;

/** The signals of one key press come from npm and from the terminal. Signals within this time count as one. */
const sameSignalMs = 1_000;

/** The parts of the process that `run` uses. A test passes its own. */
export interface HostProcess {
  /** Emits SIGTERM, SIGINT, uncaughtException, unhandledRejection. */
  readonly events: NodeJS.EventEmitter;
  setExitCode(code: number): void;
  exit(code: number): void;
  /** The kinds of the resources that keep the process alive. */
  openResources(): readonly string[];
  /** Writes one line to standard error. */
  say(text: string): void;
}

/** What cannot be written is lost: neither a full disk nor a reader that is gone ends the process. */
function sayOnStandardError(text: string): void {
  process.stderr.off("error", ignore).on("error", ignore);
  try {
    process.stderr.write(`${text}\n`);
  } catch {
    // Node writes to a file at once, and throws what happens.
  }
}

const ignore = () => {};

const systemProcess: HostProcess = {
  events: process,
  setExitCode: (code) => {
    process.exitCode = code;
  },
  exit: (code) => process.exit(code),
  openResources: () => process.getActiveResourcesInfo(),
  say: sayOnStandardError,
};

/** The context of `main`. */
export interface RunContext {
  /** Fires at the first SIGTERM or SIGINT, and at an error that was not caught. `main` then drains and returns. */
  readonly signal: AbortSignal;
  /** Whole milliseconds until the process is made to exit. Before the signal: the whole limit. */
  remainingMs(): number;
  /** Called once the configuration is known. */
  configure(settings: { readonly logger?: Logger; readonly shutdownMs?: number }): void;
}

export interface RunOptions {
  /** The beginning of the lines on standard error: "tcp-gateway". */
  readonly name: string;
  /** The time from the first signal to the forced exit, in milliseconds. Default 25,000: below the 30 s of Kubernetes. */
  readonly shutdownMs?: number;
  /**
   * The most milliseconds for the drain after an error that was not caught, because the state is not to be trusted then. Default
   * 5,000.
   */
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
 * Runs a process from its start to its exit code. `main` returns when it has drained after the signal, or when its work is done.
 * The process then ends by itself, because nothing is left open. `run` ends the process only when the drain exceeds `shutdownMs`,
 * or at a second signal.
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
    // The process was stopped while it started. `main` has closed what was open, so the end is a good one.
    if (error !== stop.signal.reason || firstSignalAt === undefined) {
      host.say(`${options.name}: ${describe(error)}`);
      host.setExitCode(exitCodeOf(error));
    }
  }
  // Nothing should be open now. If something is, the process names the resource and ends all the same.
  if (!stop.signal.aborted) exitAfter(shutdownMs);
}

/** Our own errors are written for operators, so their text is enough. For any other error the stack is shown. */
function describe(error: unknown): string {
  if (error instanceof FairleadError) return error.message;
  return redactUrls(toError(error).stack ?? toError(error).message);
}

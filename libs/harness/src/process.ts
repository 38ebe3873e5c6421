import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import { commandThatDiesWithUs } from "./binaries.ts";
import { atProcessEnd } from "./cleanup.ts";
import { hangTimeoutMs, within } from "./deadline.ts";

interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface StartProcessOptions {
  args?: readonly string[];
  /** Added to the environment of this process; undefined takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** What runs. Default: this node, with the script as its first argument. */
  command?: string;
}

interface WaitOptions {
  /** Default "both". */
  stream?: "stdout" | "stderr" | "both";
  /** Default 300,000: a guard against a hang. */
  timeoutMs?: number;
}

export interface StartedProcess extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Resolves when the process has ended and all of its output is here. */
  readonly exited: Promise<ProcessExit>;
  readonly isRunning: boolean;
  /** The first line that matches, also when it has already come. Fails when the process ends without it. */
  waitForLine(pattern: string | RegExp, options?: WaitOptions): Promise<string>;
  /** The first line that is a JSON object and that `accepts` likes (default: any), also when it has already come. */
  waitForJson<T extends object>(accepts?: (value: T) => boolean, options?: WaitOptions): Promise<T>;
  /** Writes to its standard input. */
  write(text: string): void;
  /** Sends a signal and goes on. */
  signal(signal: NodeJS.Signals): void;
  /** Default SIGKILL. Resolves when it has ended. */
  kill(signal?: NodeJS.Signals): Promise<ProcessExit>;
  /** SIGSTOP: it stands still, its sockets stay open. */
  pause(): void;
  /** SIGCONT */
  resume(): void;
}

class Child extends EventEmitter implements StartedProcess {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  #exit: ProcessExit | undefined;

  constructor(child: ChildProcess) {
    super();
    this.setMaxListeners(0);
    this.#child = child;
    const ending = atProcessEnd(() => child.kill("SIGKILL"));
    for (const stream of ["stdout", "stderr"] as const) {
      createInterface({ input: child[stream]! }).on("line", (line) => {
        this[stream].push(line);
        this.emit("line", line, stream);
      });
    }
    child.stdin?.on("error", () => {}); // The process may end before it has read everything.
    this.exited = new Promise((resolve) => {
      // "close" comes after the streams have ended, so that no line is missing.
      child.once("close", (code, signal) => {
        ending[Symbol.dispose]();
        this.#exit = { code, signal };
        resolve(this.#exit);
        this.emit("end");
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  waitForLine(pattern: string | RegExp, options: WaitOptions = {}): Promise<string> {
    const matches = (line: string) =>
      (typeof pattern === "string" ? line.includes(pattern) : line.search(pattern) >= 0) ? line : undefined;
    return this.#waitFor(matches, `a line with ${pattern}`, options);
  }

  waitForJson<T extends object>(
    accepts: (value: T) => boolean = () => true,
    options: WaitOptions = {},
  ): Promise<T> {
    const matches = (line: string): T | undefined => {
      if (!line.startsWith("{")) return undefined;
      try {
        const value: T = JSON.parse(line);
        return accepts(value) ? value : undefined;
      } catch {
        return undefined;
      }
    };
    return this.#waitFor(matches, "such a JSON line", options);
  }

  async #waitFor<T>(
    matches: (line: string) => T | undefined,
    what: string,
    options: WaitOptions,
  ): Promise<T> {
    const { stream = "both", timeoutMs = hangTimeoutMs } = options;
    const kept = [...(stream === "stderr" ? [] : this.stdout), ...(stream === "stdout" ? [] : this.stderr)];
    for (const line of kept) {
      const value = matches(line);
      if (value !== undefined) return value;
    }
    const said = () => `${what} from process ${this.pid}. It wrote:\n${this.#lastLines()}`;
    let forget = () => {};
    const found = new Promise<T>((resolve, reject) => {
      const onEnd = () =>
        reject(new Error(`Cannot wait: ended with ${JSON.stringify(this.#exit)} without ${said()}`));
      const onLine = (line: string, from: string) => {
        const value = stream === "both" || stream === from ? matches(line) : undefined;
        if (value !== undefined) resolve(value);
      };
      forget = () => void this.off("line", onLine).off("end", onEnd);
      this.on("line", onLine).once("end", onEnd);
      if (!this.isRunning) onEnd();
    });
    return within(found, said, timeoutMs).finally(() => forget());
  }

  #lastLines(): string {
    return [...this.stdout.slice(-20), ...this.stderr.slice(-20)].join("\n");
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<ProcessExit> {
    this.signal(signal);
    // A stopped process takes no signal but SIGKILL until it goes on.
    this.signal("SIGCONT");
    return within(this.exited, `the end of process ${this.pid} after ${signal}`);
  }

  pause(): void {
    this.signal("SIGSTOP");
  }

  resume(): void {
    this.signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) await this.kill();
  }
}

/**
 * Starts a node script (or `command`) and collects its lines. It dies with this process.
 * @param script path of the script; with `command`, its first argument, "" for none
 */
export async function startProcess(
  script: string,
  options: StartProcessOptions = {},
): Promise<StartedProcess> {
  const [command, args] = commandThatDiesWithUs(options.command ?? process.execPath, [
    ...(script === "" ? [] : [script]),
    ...(options.args ?? []),
  ]);
  const env = { ...process.env, ...options.env };
  // A child that runs tests must not report into the runner of this one.
  delete env["NODE_TEST_CONTEXT"];
  const child = spawn(command, args, { cwd: options.cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  return new Child(child);
}

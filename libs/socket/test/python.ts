import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The reason to skip a test that needs a plain Python client, or false. */
export const withoutPython = spawnSync("python3", ["--version"]).status === 0 ? false : "no python3";

export interface Python {
  /** The next line that the script prints. */
  line(): Promise<string>;
  /** Ends the script's standard input and waits for its exit code. */
  end(): Promise<number | null>;
}

/** Runs a script; what it says on standard error goes to ours. */
export function startPython(script: string, ...args: string[]): Python {
  const child: ChildProcess = spawn("python3", ["-c", script, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    line: async () => String((await lines.next()).value),
    end: async () => {
      child.stdin!.end();
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}

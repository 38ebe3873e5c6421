import { type ChildProcess, fork } from "node:child_process";
import { type Bus, serveBus } from "@fairlead/bus";
import type { TcpConnection } from "@fairlead/contracts";
import type { Logger } from "@fairlead/core";
import type { Endpoint } from "@fairlead/engine";
import type { GatewayConfig } from "./config.ts";
import type { SourcedSnapshot } from "./counters.ts";
import { WorkerChannel, type WorkerPort } from "./worker-channel.ts";

/** What a worker needs to begin. */
export interface StartWorker {
  readonly config: GatewayConfig;
  readonly instance: string;
}

/** A worker process that listens. */
export interface WorkerProcess {
  readonly pid: number;
  /** Names this run of this worker; no other ever has the same. */
  readonly run: string;
  readonly endpoints: readonly Endpoint[];
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  list(page: { after: string; limit: number }): Promise<readonly TcpConnection[]>;
  find(id: string): Promise<TcpConnection | undefined>;
  close(id: string): Promise<boolean>;
  snapshots(): Promise<readonly SourcedSnapshot[]>;
  /** Gives the last count. */
  drain(): Promise<readonly SourcedSnapshot[]>;
  /** It ends by itself then. */
  disconnect(): void;
  kill(): void;
}

/** Forks a worker and waits until it listens. @throws {FairleadError} what kept it from listening; it is gone then */
export async function forkWorker(
  start: StartWorker,
  run: string,
  { bus, logger }: { readonly bus: Bus; readonly logger: Logger },
): Promise<WorkerProcess> {
  const child = fork(new URL("./worker.ts", import.meta.url), [], {
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exited = exitOf(child);
  const serving = serveBus(child, bus);
  void exited.then(() => serving[Symbol.dispose]());
  const channel = new WorkerChannel(child as unknown as WorkerPort, {}, logger);
  const ask = <T>(name: string, argument?: unknown) => channel.call(name, argument) as Promise<T>;
  try {
    const endpoints = await ask<readonly Endpoint[]>("start", start);
    return {
      pid: child.pid!,
      run,
      endpoints,
      exited,
      list: (page) => ask("list", page),
      find: (id) => ask("find", id),
      close: (id) => ask("close", id),
      snapshots: () => ask("snapshots"),
      drain: () => ask("drain"),
      disconnect: () => child.connected && child.disconnect(),
      kill: () => child.kill("SIGKILL"),
    };
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    throw error;
  }
}

function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
    // When it could not even be started there is no "exit".
    child.on("error", () => child.pid === undefined && resolve("not started"));
  });
}

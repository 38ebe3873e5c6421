import type { Bus } from "@fairlead/bus";
import type { TcpConnection } from "@fairlead/contracts";
import { backoffMs, type Clock, type Logger, toError } from "@fairlead/core";
import type { Endpoint } from "@fairlead/engine";
import type { GatewayConfig } from "./config.ts";
import type { SourcedSnapshot } from "./counters.ts";
import { firstAfter, type Gateway } from "./gateway.ts";
import { forkWorker, type WorkerProcess } from "./worker-process.ts";

export interface WorkerPoolParts {
  readonly instance: string;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A worker that ran for so long was well: its next restart does not wait longer than its first. */
const wellAfterMs = 60_000;

/**
 * Several processes behind the same ports (SO_REUSEPORT): the kernel spreads the connections. A worker that dies takes
 * its connections with it, loses nothing that was acknowledged, and is started again with growing delays.
 */
export class WorkerPool implements Gateway {
  readonly #parts: WorkerPoolParts;
  #config: GatewayConfig;
  readonly #slots: (WorkerProcess | undefined)[] = [];
  readonly #supervising: Promise<void>[] = [];
  readonly #stopping = new AbortController();
  /** What workers counted that are gone. */
  readonly #last = new Map<string, SourcedSnapshot>();
  #endpoints: readonly Endpoint[] = [];
  #forked = 0;

  private constructor(config: GatewayConfig, parts: WorkerPoolParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** Resolves when every worker listens. @throws {FairleadError} what the first worker that cannot start threw */
  static async open(config: GatewayConfig, parts: WorkerPoolParts): Promise<WorkerPool> {
    await using opened = new AsyncDisposableStack();
    const pool = opened.use(new WorkerPool(config, parts));
    await pool.#open();
    opened.move();
    return pool;
  }

  async #open(): Promise<void> {
    const { workers, listeners } = this.#config;
    // The first one finds free ports where 0 is asked; the others, and those started again, must take the same.
    const first = await this.#start();
    this.#slots.push(first);
    this.#endpoints = first.endpoints;
    const withPorts = listeners.map((listener, index) => ({
      ...listener,
      port: first.endpoints[index]!.port,
    }));
    this.#config = { ...this.#config, listeners: withPorts };
    const others = await Promise.allSettled(Array.from({ length: workers - 1 }, () => this.#start()));
    for (const one of others) if (one.status === "fulfilled") this.#slots.push(one.value);
    for (const one of others) if (one.status === "rejected") throw one.reason;
    for (const slot of this.#slots.keys()) this.#supervising.push(this.#supervise(slot));
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  get problems(): readonly string[] {
    const down = this.#config.workers - this.#alive.length;
    if (down === 0 || this.#stopping.signal.aborted) return [];
    return [
      `${down} of ${this.#config.workers} worker processes are down and being started again; see the log`,
    ];
  }

  get #alive(): WorkerProcess[] {
    return this.#slots.filter((worker) => worker !== undefined);
  }

  async list(page: { after: string; limit: number }): Promise<readonly TcpConnection[]> {
    const lists = await this.#ask((worker) => worker.list(page));
    return firstAfter(lists.flat(), page.after, page.limit);
  }

  async find(id: string): Promise<TcpConnection | undefined> {
    return (await this.#ask((worker) => worker.find(id))).find((found) => found !== undefined);
  }

  async close(id: string): Promise<boolean> {
    return (await this.#ask((worker) => worker.close(id))).includes(true);
  }

  async snapshots(): Promise<readonly SourcedSnapshot[]> {
    for (const worker of this.#alive) {
      const snapshots = await worker.snapshots().catch(() => []);
      this.#keep(worker, snapshots);
    }
    return [...this.#last.values()];
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#stopping.abort();
    const cut = () => {
      for (const worker of this.#alive) worker.kill();
    };
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut, { once: true });
    await Promise.all(this.#alive.map((worker) => this.#drainOne(worker)));
    await Promise.all(this.#supervising);
    signal.removeEventListener("abort", cut);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(AbortSignal.abort());
  }

  async #drainOne(worker: WorkerProcess): Promise<void> {
    try {
      this.#keep(worker, await worker.drain());
    } catch {
      // It died on the way; nothing of what it had was acknowledged without being durable.
    }
    worker.disconnect();
    await worker.exited;
  }

  /** Answers of those who live; one that dies meanwhile has no connections any more. */
  async #ask<T>(question: (worker: WorkerProcess) => Promise<T>): Promise<T[]> {
    const settled = await Promise.allSettled(this.#alive.map(question));
    return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  #start(): Promise<WorkerProcess> {
    const { instance } = this.#parts;
    return forkWorker({ config: this.#config, instance }, `${instance}-${++this.#forked}`, this.#parts);
  }

  async #supervise(slot: number): Promise<void> {
    const { logger, clock } = this.#parts;
    const { signal } = this.#stopping;
    for (let failures = 0; ; ) {
      const worker = this.#slots[slot];
      if (worker) {
        const startedAtMs = clock.monotonicMs();
        const exit = await worker.exited;
        this.#slots[slot] = undefined;
        this.#bury(worker);
        if (signal.aborted) return;
        if (clock.monotonicMs() - startedAtMs > wellAfterMs) failures = 0;
        logger.error({ worker: worker.pid, exit }, "worker process ended; its connections are cut");
      }
      failures++;
      try {
        await clock.sleep(backoffMs(failures), signal);
        const next = await this.#start();
        this.#slots[slot] = next;
        if (signal.aborted) next.kill();
        else logger.info({ worker: next.pid }, "worker process started again");
      } catch (error) {
        if (signal.aborted) return;
        logger.error({ err: toError(error), failures }, "worker process does not start");
      }
    }
  }

  #keep({ run }: WorkerProcess, snapshots: readonly SourcedSnapshot[]): void {
    for (const [, snapshot] of snapshots) this.#last.set(`${run} ${snapshot.listener}`, [run, snapshot]);
  }

  /** What was on its way with a worker that died was not acknowledged: nobody knows whether it is durable. */
  #bury({ run }: WorkerProcess): void {
    for (const [key, [source, snapshot]] of this.#last) {
      if (source !== run) continue;
      const { pending, rejected } = snapshot;
      const none = { records: 0, bytes: 0 };
      const lost = pending.records > 0 ? { ...rejected, worker_lost: pending } : rejected;
      this.#last.set(key, [run, { ...snapshot, connections: 0, pending: none, rejected: lost }]);
    }
  }
}

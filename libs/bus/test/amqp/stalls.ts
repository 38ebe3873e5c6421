import { readFileSync } from "node:fs";
import { createHistogram } from "node:perf_hooks";
import { Worker } from "node:worker_threads";

const lookEveryMs = 5;

const idleThread = `
  const { monitorEventLoopDelay } = require("node:perf_hooks");
  const delay = monitorEventLoopDelay({ resolution: ${lookEveryMs} });
  delay.enable();
  require("node:worker_threads").parentPort.once("message", () => {
    require("node:worker_threads").parentPort.postMessage([delay.percentile(99.9) / 1e6, delay.max / 1e6]);
    process.exit();
  });`;

/**
 * Milliseconds that this process' main thread was ready to run and had to wait for a processor, since its start: the second
 * number of /proc/<pid>/schedstat, in nanoseconds (Linux, Documentation/scheduler/sched-stats.rst). 0 where there is none.
 */
function waitedForProcessorMs(): number {
  try {
    return Number(readFileSync("/proc/self/schedstat", "latin1").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}

/**
 * How long this event loop stood still by its own doing: the time that other processes had its processor is taken off, and
 * that of an idle thread stands beside it, in which the rest is seen that the machine did to both.
 */
export class Stalls {
  readonly #stalls = createHistogram();
  #longestMs = 0;
  readonly #control = new Worker(idleThread, { eval: true });
  readonly #looking: NodeJS.Timeout;

  constructor() {
    this.#control.unref();
    let [atMs, waitedMs] = [performance.now(), waitedForProcessorMs()];
    this.#looking = setInterval(() => {
      const [nowMs, nowWaitedMs] = [performance.now(), waitedForProcessorMs()];
      const lateMs = nowMs - atMs;
      const ownMs = lateMs - (nowWaitedMs - waitedMs);
      this.#longestMs = Math.max(this.#longestMs, lateMs);
      // A histogram takes whole numbers from 1 on: microseconds.
      this.#stalls.record(Math.max(1, Math.round(ownMs * 1e3)));
      [atMs, waitedMs] = [nowMs, nowWaitedMs];
    }, lookEveryMs).unref();
  }

  /** 99.9 % of the looks were at most this late, and the latest of all, whoever caused it; milliseconds. Ends the measurement. */
  async end(): Promise<{ stallMs: number; longestMs: number; idleMs: number; idleLongestMs: number }> {
    clearInterval(this.#looking);
    const [idleMs, idleLongestMs] = await new Promise<[number, number]>((resolve) => {
      this.#control.once("message", resolve);
      this.#control.postMessage("end");
    });
    const stallMs = this.#stalls.percentile(99.9) / 1e3;
    return { stallMs, longestMs: this.#longestMs, idleMs, idleLongestMs };
  }
}

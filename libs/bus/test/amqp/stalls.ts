import { monitorEventLoopDelay } from "node:perf_hooks";
import { Worker } from "node:worker_threads";

const idleThread = `
  const { monitorEventLoopDelay } = require("node:perf_hooks");
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  require("node:worker_threads").parentPort.once("message", () => {
    require("node:worker_threads").parentPort.postMessage([delay.percentile(99.9) / 1e6, delay.max / 1e6]);
    process.exit();
  });`;

/**
 * How long this event loop stood still, beside that of an idle thread in the same time: what the machine itself did to both
 * (other processes, a broker that starts on two cores) is seen there too.
 */
export class Stalls {
  readonly #delay = monitorEventLoopDelay({ resolution: 5 });
  readonly #control = new Worker(idleThread, { eval: true });

  constructor() {
    this.#control.unref();
    this.#delay.enable();
  }

  /** 99.9 % of the looks were at most this late; milliseconds. Ends the measurement. */
  async end(): Promise<{ stallMs: number; longestMs: number; idleMs: number; idleLongestMs: number }> {
    this.#delay.disable();
    const [idleMs, idleLongestMs] = await new Promise<[number, number]>((resolve) => {
      this.#control.once("message", resolve);
      this.#control.postMessage("end");
    });
    return {
      stallMs: this.#delay.percentile(99.9) / 1e6,
      longestMs: this.#delay.max / 1e6,
      idleMs,
      idleLongestMs,
    };
  }
}

/** Producers that number what they publish through a fault, and what it costs them: time, stalls of the loop, memory. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "@fairlead/core";
import { eventually, isLongFaultRun } from "@fairlead/harness";
import type { Bus } from "../../src/bus.ts";
import { Numbers } from "./numbers.ts";
import { eventOf } from "./rabbit.ts";
import { Stalls } from "./stalls.ts";

/** What a fault may cost in memory held, over the start of the load: docs/reliability.md. */
export const memoryBudgetBytes = 256 << 20;
/** Longest stall of the event loop, but for one in a thousand looks, over what the machine did to an idle thread. */
const stallBudgetMs = 100;
/** Between two looks at memory and outcomes. */
const tickMs = 50;

/** What the program holds (garbage that was not collected yet included), and what the process takes for it. */
function memory(): { heldBytes: number; residentBytes: number } {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heldBytes: heapUsed + external, residentBytes: rss };
}

export interface LoadOptions {
  readonly producers?: number;
  /** Events that each producer publishes in a burst without awaiting them, every 10 ms. Default 5. */
  readonly burst?: number;
  readonly eventBytes?: number;
}

/** Load on a bus until it is stopped, with what came of it. Dispose in any case, or the producers go on. */
export class Load implements AsyncDisposable {
  readonly acknowledged: Numbers[] = [];
  readonly refused = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #producers: Promise<void>[];
  readonly #stalls = new Stalls();
  readonly #watch: NodeJS.Timeout;
  readonly #start = memory();
  readonly #peak = memory();
  #pending = 0;
  #stood: Awaited<ReturnType<Stalls["end"]>> | undefined;
  #ticks = 0;
  /** Milliseconds, in which a stretch where this process stood still counts as one tick. */
  slowestMs = 0;

  constructor(bus: Bus, { producers = 4, burst = 5, eventBytes = 512 }: LoadOptions = {}) {
    this.#watch = setInterval(() => {
      this.#ticks++;
      const { heldBytes, residentBytes } = memory();
      this.#peak.heldBytes = Math.max(this.#peak.heldBytes, heldBytes);
      this.#peak.residentBytes = Math.max(this.#peak.residentBytes, residentBytes);
    }, tickMs);
    const data = Buffer.alloc(eventBytes, "x");
    this.#producers = Array.from({ length: producers }, async (_, producer) => {
      const acknowledged = new Numbers();
      this.acknowledged.push(acknowledged);
      for (let number = 1; !this.#stop.signal.aborted; ) {
        for (let index = 0; index < burst; index++, number++)
          void this.#publish(bus, producer, number, data, acknowledged);
        await sleep(10);
      }
    });
  }

  async #publish(bus: Bus, producer: number, number: number, data: Buffer, acknowledged: Numbers) {
    const start = this.#ticks;
    this.#pending++;
    try {
      await bus.publish(eventOf(`${producer}:${number}`, { data }));
      acknowledged.add(number);
      this.slowestMs = Math.max(this.slowestMs, (this.#ticks - start) * tickMs);
    } catch (error) {
      const code = errorCode(error) ?? String(error);
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
    }
    this.#pending--;
  }

  get total(): number {
    return this.acknowledged.reduce((sum, { size }) => sum + size, 0);
  }

  /** Resolves when events flow. */
  flows(): Promise<void> {
    return eventually(() => this.total >= 100, "the first 100 events");
  }

  /** Resolves when every event has its outcome. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#producers);
    await eventually(() => this.#pending === 0, "an outcome for every event");
    clearInterval(this.#watch);
    this.#stood ??= await this.#stalls.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Checks memory and stalls, and tells the figures. */
  report(context: TestContext, audits: Readonly<Record<string, { readonly repeats: number }>>): void {
    const grownBytes = this.#peak.heldBytes - this.#start.heldBytes;
    const residentBytes = this.#peak.residentBytes - this.#start.residentBytes;
    assert.ok(this.#stood, "stop() was not called");
    const { stallMs, longestMs, idleMs, idleLongestMs } = this.#stood;
    const repeats = Object.entries(audits).map(
      ([place, { repeats }]) => `${repeats} repeats in the ${place}`,
    );
    const refused = [...this.refused].map(([code, count]) => `${count} refused with ${code}`);
    context.diagnostic(
      [
        `${this.total} acknowledged, none missing`,
        ...repeats,
        ...refused,
        `slowest outcome ${this.slowestMs} ms`,
        `loop stall ${ms(stallMs)} (99.9 %), ${ms(longestMs)} (longest); an idle thread ${ms(idleMs)}, ${ms(idleLongestMs)}`,
        `memory +${Math.round(grownBytes / 2 ** 20)} MiB held, +${Math.round(residentBytes / 2 ** 20)} MiB resident`,
      ].join("; "),
    );
    assert.ok(grownBytes < memoryBudgetBytes, `memory grew by ${grownBytes} bytes`);
    // How late a look is says as much about the machine: only a long run on a quiet one may judge it.
    assert.ok(
      !isLongFaultRun() || stallMs < stallBudgetMs + idleMs,
      `the loop stood still for ${stallMs} ms, an idle one ${idleMs}`,
    );
  }
}

const ms = (value: number) => `${value.toFixed(0)} ms`;

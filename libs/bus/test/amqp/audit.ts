/**
 * The auditor of the fault tests. Producers number what they publish; at the end the log stream and the inbox are read from the
 * beginning, and every number that was acknowledged must be there, first arrivals in each producer's order.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "@fairlead/core";
import { eventually } from "@fairlead/harness";
import { connect } from "amqplib";
import { names } from "../../src/amqp/topology.ts";
import type { Bus } from "../../src/bus.ts";
import { Numbers } from "./numbers.ts";
import { eventOf } from "./rabbit.ts";
import { Stalls } from "./stalls.ts";

/** What a fault may cost in memory held, over the start of the load: docs/reliability.md. */
export const memoryBudgetBytes = 256 << 20;
/** Longest stall of the event loop, but for one in a thousand looks, over what the machine did to an idle thread. */
const stallBudgetMs = 100;

/** What the program holds (garbage that was not collected yet included), and what the process takes for it. */
function memory(): { heldBytes: number; residentBytes: number } {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heldBytes: heapUsed + external, residentBytes: rss };
}

/** Acknowledged numbers by producer. */
export interface Claims {
  readonly acknowledged: readonly Iterable<number>[];
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
  slowestMs = 0;

  constructor(bus: Bus, { producers = 4, burst = 5, eventBytes = 512 }: LoadOptions = {}) {
    this.#watch = setInterval(() => {
      const { heldBytes, residentBytes } = memory();
      this.#peak.heldBytes = Math.max(this.#peak.heldBytes, heldBytes);
      this.#peak.residentBytes = Math.max(this.#peak.residentBytes, residentBytes);
    }, 50);
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
    const start = performance.now();
    this.#pending++;
    try {
      await bus.publish(eventOf(`${producer}:${number}`, { data }));
      acknowledged.add(number);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
    } catch (error) {
      const code = errorCode(error) ?? String(error);
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
    }
    this.#pending--;
  }

  get total(): number {
    return this.acknowledged.reduce((sum, { size }) => sum + size, 0);
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
  report(context: TestContext, audits: Readonly<Record<string, Audit>>): void {
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
        `slowest outcome ${Math.round(this.slowestMs)} ms`,
        `loop stall ${ms(stallMs)} (99.9 %), ${ms(longestMs)} (longest); an idle thread ${ms(idleMs)}, ${ms(idleLongestMs)}`,
        `memory +${Math.round(grownBytes / 2 ** 20)} MiB held, +${Math.round(residentBytes / 2 ** 20)} MiB resident`,
      ].join("; "),
    );
    assert.ok(grownBytes < memoryBudgetBytes, `memory grew by ${grownBytes} bytes`);
    assert.ok(
      stallMs < stallBudgetMs + idleMs,
      `the loop stood still for ${stallMs} ms, an idle one ${idleMs}`,
    );
  }
}

const ms = (value: number) => `${value.toFixed(0)} ms`;

/** What was found where the events should be. */
export class Audit {
  repeats = 0;
  total = 0;
  readonly #seen: Numbers[] = [];
  readonly #last: number[] = [];
  readonly #disorder: string[] = [];

  see(id: string): void {
    this.total++;
    const [producer = 0, number = 0] = id.split(":").map(Number);
    this.#seen[producer] ??= new Numbers();
    const seen = this.#seen[producer];
    if (seen.has(number)) {
      this.repeats++;
      return;
    }
    seen.add(number);
    const last = this.#last[producer] ?? 0;
    if (number < last) this.#disorder.push(`${id} came first after ${producer}:${last}`);
    this.#last[producer] = Math.max(last, number);
  }

  /** Acknowledged events that were not seen. */
  missing({ acknowledged }: Claims): number {
    return acknowledged.reduce((sum, _, producer) => sum + this.#missingOf(producer, acknowledged).length, 0);
  }

  #missingOf(producer: number, acknowledged: Claims["acknowledged"]): number[] {
    const missing: number[] = [];
    for (const number of acknowledged[producer] ?? [])
      if (!this.#seen[producer]?.has(number)) missing.push(number);
    return missing;
  }

  /** @throws when an acknowledged event is missing, or first arrivals are not in the order of their producer */
  check({ acknowledged }: Claims): this {
    for (const producer of acknowledged.keys()) {
      const missing = this.#missingOf(producer, acknowledged);
      // Not as arrays: the difference of long ones takes more memory than there is.
      const some = missing.slice(0, 20).join(", ");
      assert.equal(missing.length, 0, `of producer ${producer} acknowledged and missing: ${some}`);
    }
    assert.equal(this.#disorder.length, 0, this.#disorder.slice(0, 20).join("; "));
    return this;
  }
}

/** Reads the log stream as any reader does, up to its end. */
export async function auditLog(bus: Bus, load: Claims): Promise<Audit> {
  const audit = new Audit();
  for await (const { event } of bus.tail({ after: 0, follow: false })) audit.see(event.id);
  return audit.check(load);
}

/**
 * Reads the inbox as a plain client does that knows nothing of Fairlead, until it is empty and `isDone` says that nothing
 * more comes.
 */
export async function readInbox(url: string, isDone: () => boolean = () => true): Promise<Audit> {
  const audit = new Audit();
  const model = await connect(url);
  try {
    const channel = await model.createChannel();
    await channel.prefetch(1_000);
    await channel.consume(names.inbox, (message) => {
      if (message === null) return;
      audit.see(message.properties.messageId);
      channel.ack(message);
    });
    // Only what is ready counts, so the look is repeated: what was under way to us has come by then.
    let last = -1;
    await eventually(async () => {
      const isQuiet = audit.total === last && isDone();
      last = audit.total;
      await sleep(200);
      const { messageCount } = await channel.checkQueue(names.inbox);
      return isQuiet && messageCount === 0 && audit.total === last;
    }, "an empty inbox");
  } finally {
    await model.close();
  }
  return audit;
}

export async function auditInbox(url: string, load: Claims): Promise<Audit> {
  return (await readInbox(url)).check(load);
}

/** Both of them, with the figures. */
export async function auditAll(context: TestContext, bus: Bus, url: string, load: Load): Promise<void> {
  load.report(context, { log: await auditLog(bus, load), inbox: await auditInbox(url, load) });
}

/** A live tail from the beginning, as a back end would hold it through every fault. */
export class Follower implements AsyncDisposable {
  readonly audit = new Audit();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(bus: Bus) {
    this.#ended = this.#follow(bus);
  }

  async #follow(bus: Bus): Promise<void> {
    for await (const { event } of bus.tail({ after: 0, signal: this.#stop.signal })) this.audit.see(event.id);
  }

  /** Waits until everything that was acknowledged has come by, then checks. */
  async check(load: Claims): Promise<Audit> {
    await eventually(
      () => this.audit.missing(load) === 0,
      () => `${this.audit.missing(load)} events in a live tail`,
    );
    return this.audit.check(load);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}

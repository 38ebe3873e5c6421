/**
 * The auditor of the fault tests. Producers number what they publish; at the end the log stream and the inbox are read from the
 * beginning, and every number that was acknowledged must be there, first arrivals in each producer's order.
 */

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { names } from "@fairlead/amqp";
import { eventually } from "@fairlead/harness";
import { connect } from "amqplib";
import type { Bus } from "../../src/bus.ts";
import type { Load } from "./load.ts";
import { Numbers } from "./numbers.ts";

/** Acknowledged numbers by producer. */
export interface Claims {
  readonly acknowledged: readonly Iterable<number>[];
}

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

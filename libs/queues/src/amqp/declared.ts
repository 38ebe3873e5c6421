/**
 * Declares exchanges and queues at their first use, once per connection. Each declaration has a channel of its own, because the broker
 * closes the channel on which it refuses something.
 *
 * A quorum queue must not take messages in its first seconds (queueSettleMs of @fairlead/amqp). So a queue is bound last, by a process that
 * knows the queue to be old enough. Until then nothing can get into the queue, and `mandatory` says so.
 */
import { declareDead, isNotFound, names, withChannel } from "@fairlead/amqp";
import { type Clock, within } from "@fairlead/core";
import type { Channel, ChannelModel } from "amqplib";
import type { RetryDelay } from "../delays.ts";
import { delayDeclaration, kindDeclaration, type QueueDeclaration, type QueueLimits } from "./topology.ts";

/** Everybody waits for the same declaration, so an answer that never comes must not hold them for ever. */
const answerTimeoutMs = 10_000;

/** What a message needs to find its way. */
export interface Needs {
  readonly kind?: string;
  /** Of the kind's ladder; nothing without a kind. */
  readonly delay?: RetryDelay | undefined;
  readonly dead?: boolean;
}

export interface DeclaredOptions {
  readonly limits: QueueLimits;
  /** Age from which a queue survives a crash of its broker, in milliseconds. */
  readonly settleMs: number;
  readonly clock: Clock;
}

export class Declared {
  readonly #model: ChannelModel;
  readonly #options: DeclaredOptions;
  readonly #done = new Map<string, Promise<void>>();
  /** Queues without a binding, or perhaps so. */
  readonly #unbound = new Set<string>();
  #deadIsYoung = false;

  constructor(model: ChannelModel, options: DeclaredOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** The exchanges and the queue of the dead letters. @throws what the broker answers; the next call tries anew */
  base(): Promise<void> {
    return this.#once("base", async () => {
      this.#deadIsYoung = !(await this.#exists(names.deadQueue));
      await this.#withChannel(async (channel) => {
        await declareDead(channel);
        await channel.assertExchange(names.jobs, "direct", { durable: true });
      });
    });
  }

  /** Resolves when a message with these needs will stay in the queue that it is put into. @throws as `base` */
  async forMessage(needs: Needs): Promise<void> {
    await this.base();
    // All at once: each may have to wait until its queue is old enough.
    await Promise.all([
      needs.dead && this.#deadIsYoung ? this.#once("dead", () => this.#age()) : undefined,
      ...this.#queuesOf(needs).map((queue) => this.#ready(queue)),
    ]);
  }

  #queuesOf({ kind, delay }: Needs): QueueDeclaration[] {
    const { limits } = this.#options;
    if (kind === undefined) return [];
    const ofKind = kindDeclaration(kind, limits);
    return delay === undefined ? [ofKind] : [ofKind, delayDeclaration(kind, delay, limits)];
  }

  /** Resolves when there is a queue to consume. A queue that nobody has bound yet is bound later. @throws as `base` */
  async forConsumer(kind: string): Promise<void> {
    await this.base();
    const queue = kindDeclaration(kind, this.#options.limits);
    await this.#once(`queue ${queue.name}`, () => this.#declare(queue));
    // After a failure the link is lost, or the next publisher finds the queue unbound.
    this.#once(`late binding of ${queue.name}`, () => this.#bind(queue)).catch(() => {});
  }

  /** A message with these needs came back. */
  unroutable(needs: Needs): void {
    this.forget();
    for (const { name } of this.#queuesOf(needs)) this.#unbound.add(name);
  }

  /** Something that stood here is gone: look at all of it anew. */
  forget(): void {
    this.#done.clear();
  }

  #ready(queue: QueueDeclaration): Promise<void> {
    return this.#once(queue.name, async () => {
      await this.#declare(queue);
      if (this.#unbound.has(queue.name)) await this.#bind(queue);
    });
  }

  async #declare({ name, arguments: args }: QueueDeclaration): Promise<void> {
    if (!(await this.#exists(name))) this.#unbound.add(name);
    // Also a queue that exists: other arguments than these are an error that somebody has to see.
    await this.#withChannel((channel) => channel.assertQueue(name, { durable: true, arguments: args }));
  }

  async #bind({ name, routingKey }: QueueDeclaration): Promise<void> {
    await this.#age();
    await this.#withChannel((channel) => channel.bindQueue(name, names.jobs, routingKey));
    this.#unbound.delete(name);
  }

  async #age(): Promise<void> {
    const { settleMs, clock } = this.#options;
    if (settleMs > 0) await new Promise<void>((resolve) => clock.timer(settleMs, resolve));
  }

  async #exists(queue: string): Promise<boolean> {
    try {
      await this.#withChannel((channel) => channel.checkQueue(queue));
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #once(name: string, declare: () => Promise<void>): Promise<void> {
    const known = this.#done.get(name);
    if (known !== undefined) return known;
    const declaring = declare();
    this.#done.set(name, declaring);
    declaring.catch(() => {
      if (this.#done.get(name) === declaring) this.#done.delete(name);
    });
    return declaring;
  }

  async #withChannel(work: (channel: Channel) => Promise<unknown>): Promise<void> {
    const fail = () => {
      throw new Error(`the broker has not answered for ${answerTimeoutMs} ms`);
    };
    await within(answerTimeoutMs, withChannel(this.#model, work), fail, this.#options.clock);
  }
}

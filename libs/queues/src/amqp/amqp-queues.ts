/** The work queues on RabbitMQ. Publishing and consuming have a connection each (ConsumerLink says why). */
import {
  type BrokerOptions,
  ConsumerLink,
  describeLink,
  names,
  queueSettleMs,
  withLinkDefaults,
} from "@fairlead/amqp";
import { type Clock, type Meter, silentMeter, systemClock, toError } from "@fairlead/core";
import type { ChannelModel } from "amqplib";
import { runSlots } from "../consume.ts";
import type { RetryDelay } from "../delays.ts";
import { QueueError } from "../errors.ts";
import { checkDelay, checkListLimit, checkMessage } from "../message.ts";
import { observeQueues, type QueueObserver } from "../observe.ts";
import type {
  ConsumeOptions,
  DeadLetter,
  DeliveryHandler,
  QueueMessage,
  QueuesHealth,
  WorkQueues,
} from "../queues.ts";
import { listDead, takeDead } from "./dead.ts";
import { Declared, type DeclaredOptions } from "./declared.ts";
import { newMessage, originOf, revivedMessage } from "./message.ts";
import { Sender } from "./sender.ts";
import { AmqpSource, type Reachable } from "./source.ts";
import { delayKey } from "./topology.ts";

export interface AmqpQueuesOptions extends BrokerOptions {
  /** Caps of each queue. Default 100,000 messages and 1 GiB. The caps cannot change once the queues stand (QueueLimits). */
  readonly maxMessages?: number;
  readonly maxBytes?: number;
  /** On their way and unconfirmed at most; more get QUEUES_OVERLOADED. Default 1,024 messages and 32 MiB. */
  readonly maxPendingMessages?: number;
  readonly maxPendingBytes?: number;
  /** A message without a positive outcome for so long is given up with QUEUES_FAILED, in milliseconds. Default 10,000. */
  readonly confirmTimeoutMs?: number;
  /**
   * A new queue takes nothing before this age, in milliseconds. So the first message ever of a kind takes so long. Default:
   * `queueSettleMs`.
   */
  readonly settleMs?: number;
  /** A consumer that has heard nothing for so long is made anew, in milliseconds (source.ts). Default 10,000. */
  readonly renewConsumerMs?: number;
  readonly meter?: Meter;
  readonly clock?: Clock;
}

export class AmqpQueues implements WorkQueues {
  readonly #options: AmqpQueuesOptions;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #observer: QueueObserver;
  readonly #sender: Sender;
  readonly #reader: ConsumerLink;
  /** What each connection has declared or found at the broker. */
  readonly #declared = new WeakMap<ChannelModel, Declared>();
  readonly #declaredOptions: DeclaredOptions;
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  /** Accepts at once. While the broker is away `enqueue` waits, within its time limit. */
  constructor(options: AmqpQueuesOptions) {
    const { url, clock = systemClock, maxMessages = 100_000, maxBytes = 1 << 30 } = options;
    this.#options = options;
    this.#host = new URL(url).host;
    this.#clock = clock;
    this.#observer = observeQueues(options.meter ?? silentMeter);
    this.#declaredOptions = {
      limits: { maxMessages, maxBytes },
      settleMs: options.settleMs ?? queueSettleMs,
      clock,
    };
    const link = withLinkDefaults(options);
    this.#sender = new Sender({
      ...link,
      name: `${options.name} enqueue`,
      ...this.#declaredOptions,
      maxPendingMessages: options.maxPendingMessages ?? 1_024,
      maxPendingBytes: options.maxPendingBytes ?? 32 << 20,
      confirmTimeoutMs: this.#confirmTimeoutMs,
    });
    this.#reader = new ConsumerLink({ ...link, name: `${options.name} consume` });
  }

  get #confirmTimeoutMs(): number {
    return this.#options.confirmTimeoutMs ?? 10_000;
  }

  async enqueue(
    kind: string,
    message: QueueMessage,
    options: { readonly delay?: RetryDelay } = {},
  ): Promise<string> {
    try {
      const checked = checkMessage(kind, message);
      const { delay } = options;
      if (delay !== undefined) checkDelay(delay);
      await this.#sender.send({
        doing: `enqueue a message of kind ${kind}`,
        exchange: names.jobs,
        routingKey: delay === undefined ? kind : delayKey(kind, delay),
        content: checked.body,
        options: newMessage(checked, this.#clock.nowMs()),
        needs: { kind, delay },
      });
      this.#observer.enqueued(kind);
      return checked.id;
    } catch (error) {
      this.#observer.refused(error);
      throw error;
    }
  }

  async consume(kind: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<void> {
    this.#throwIfClosed(`consume ${kind}`);
    const signal = AbortSignal.any([options.signal, this.#closed.signal]);
    const parts = {
      connected: (given: AbortSignal) => this.#connected(given),
      sender: this.#sender,
      observer: this.#observer,
      renewConsumerMs: this.#options.renewConsumerMs ?? 10_000,
      clock: this.#clock,
      logger: this.#options.logger,
    };
    await runSlots(kind, { ...options, signal }, handler, {
      ...parts,
      openSource: (of, until) => new AmqpSource(of, until, parts),
    });
  }

  async #connected(signal: AbortSignal): Promise<Reachable> {
    const model = await this.#reader.connected(signal);
    const declared = this.#declared.get(model) ?? new Declared(model, this.#declaredOptions);
    this.#declared.set(model, declared);
    return { model, declared };
  }

  async deadLetters({ limit }: { readonly limit: number }): Promise<readonly DeadLetter[]> {
    checkListLimit(limit);
    return this.#withDead("list the dead letters", (reachable) => listDead(reachable, limit));
  }

  requeueDead(id: string): Promise<boolean> {
    return this.#withDead("requeue a dead letter", (reachable) =>
      takeDead(reachable, id, (message) => {
        const { kind, queue } = originOf(message);
        // A message of a queue that is not one of ours (the inbox) goes back there directly: an exchange would give it to others too.
        return this.#sender.send({
          doing: `requeue a dead letter of ${queue}`,
          exchange: kind === undefined ? "" : names.jobs,
          routingKey: kind ?? queue,
          content: message.content,
          options: revivedMessage(message.properties, id),
          needs: kind === undefined ? {} : { kind },
        });
      }),
    );
  }

  discardDead(id: string): Promise<boolean> {
    return this.#withDead("discard a dead letter", (reachable) => takeDead(reachable, id, async () => {}));
  }

  async #withDead<T>(doing: string, work: (reachable: Reachable) => Promise<T>): Promise<T> {
    this.#throwIfClosed(doing);
    const patience = AbortSignal.timeout(this.#confirmTimeoutMs);
    try {
      return await work(await this.#connected(AbortSignal.any([patience, this.#closed.signal])));
    } catch (thrown) {
      if (thrown instanceof QueueError) throw thrown;
      this.#throwIfClosed(doing);
      const link = this.#reader.linkState;
      const reason =
        patience.aborted && link.status !== "up"
          ? `RabbitMQ is ${link.status}: ${link.reason}`
          : toError(thrown).message;
      throw new QueueError("QUEUES_FAILED", `Cannot ${doing}: ${reason}`, { cause: thrown });
    }
  }

  health(): QueuesHealth {
    const { messages, bytes } = this.#sender.pending;
    const problems = new Set([
      ...describeLink(this.#host, this.#sender.linkState),
      ...describeLink(this.#host, this.#reader.linkState),
    ]);
    if (this.#closing) problems.add("The work queues are closed");
    return {
      canAccept: !this.#closing && this.#sender.isReady,
      isDegraded: problems.size > 0,
      problems: [...problems],
      pendingMessages: messages,
      pendingBytes: bytes,
    };
  }

  #throwIfClosed(doing: string): void {
    if (this.#closing) throw new QueueError("QUEUES_CLOSED", `Cannot ${doing}: the queues are closed`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort(new QueueError("QUEUES_CLOSED", "Cannot go on: the queues are closed"));
    await this.#sender[Symbol.asyncDispose]();
    await this.#reader[Symbol.asyncDispose]();
  }
}

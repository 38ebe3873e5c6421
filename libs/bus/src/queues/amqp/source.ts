/**
 * Where the slots of one `consume` get their deliveries: a channel on which each free slot has a consumer of its own with
 * prefetch 1. Before a settlement that consumer is cancelled, so that nothing is handed to a slot that still works. (One
 * consumer with `prefetch = slots` would be sent the next message at each ack, while the handler goes on: held without a claim,
 * for as long as the work takes.)
 *
 * One channel, not one per slot, though that would be faster: when a link is lost, the broker closes its channels one after the
 * other, and a message given back by the first is handed to the next, dying as well. Each time counts: with six slots a single
 * lost link used up the delivery limit of 5 (measured on 3.10).
 */
import { backoffMs, type Clock, type Logger, toError } from "@fairlead/core";
import type { ChannelModel, ConsumeMessage } from "amqplib";
import type { HeldDelivery, Source } from "../consume.ts";
import { QueueError } from "../errors.ts";
import { headerBytes } from "../message.ts";
import type { QueueObserver } from "../observe.ts";
import { maxMessageBytes } from "../queues.ts";
import { type LivingChannel, openChannel } from "./channel.ts";
import type { Declared } from "./declared.ts";
import { AmqpDelivery } from "./delivery.ts";
import type { Sender } from "./sender.ts";
import { jobQueue } from "./topology.ts";

export interface Reachable {
  readonly model: ChannelModel;
  readonly declared: Declared;
}

export interface AmqpSourceParts {
  /** The connection, as soon as there is one. @throws the signal's reason when it fires first */
  readonly connected: (signal: AbortSignal) => Promise<Reachable>;
  readonly sender: Sender;
  readonly observer: QueueObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class AmqpSource implements Source {
  readonly #kind: string;
  readonly #signal: AbortSignal;
  readonly #parts: AmqpSourceParts;
  #open: LivingChannel | undefined;
  #opening: Promise<LivingChannel> | undefined;
  /** That may still be handed something. */
  #consumers = 0;
  #quiet = Promise.withResolvers<void>();

  constructor(kind: string, signal: AbortSignal, parts: AmqpSourceParts) {
    this.#kind = kind;
    this.#signal = signal;
    this.#parts = parts;
  }

  async next(): Promise<HeldDelivery | undefined> {
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      try {
        const held = await this.#take();
        if (held === undefined) break;
        if (this.#signal.aborted) {
          await held.release();
          break;
        }
        if (held.body.length + headerBytes(held.headers) <= maxMessageBytes) return held;
        await this.#setAside(held);
        attempt = 0;
      } catch (error) {
        if (this.#signal.aborted) break;
        const { logger, clock } = this.#parts;
        logger.debug(
          { err: toError(error), kind: this.#kind },
          "a consumer was interrupted and starts again",
        );
        await clock.sleep(backoffMs(attempt, { maxDelayMs: 5_000 }), this.#signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** The channel that all slots share, as long as it lives. */
  async #channel(model: ChannelModel): Promise<LivingChannel> {
    if (this.#open !== undefined && !this.#open.closed.aborted) return this.#open;
    this.#opening ??= openChannel(model).finally(() => {
      this.#opening = undefined;
    });
    this.#open = await this.#opening;
    return this.#open;
  }

  /** Waits for one message; undefined when the signal fires first. @throws when the consumer or its channel is lost */
  async #take(): Promise<HeldDelivery | undefined> {
    const { model, declared } = await this.#parts.connected(this.#signal);
    await declared.forConsumer(this.#kind);
    const living = await this.#channel(model);
    const { channel, closed } = living;
    const arrived = Promise.withResolvers<ConsumeMessage | null | undefined>();
    // Rejected before anybody awaits it when the channel closes while `consume` is under way.
    arrived.promise.catch(() => {});
    const lose = () => arrived.reject(closed.reason);
    const stop = () => arrived.resolve(undefined);
    closed.addEventListener("abort", lose, { once: true });
    this.#signal.addEventListener("abort", stop, { once: true });
    this.#consumers++;
    try {
      let late: ConsumeMessage | undefined;
      const { consumerTag } = await channel.consume(jobQueue(this.#kind), (message) => {
        if (message !== null) late = message;
        arrived.resolve(message);
      });
      const held = (message: ConsumeMessage) =>
        new AmqpDelivery(this.#kind, message, consumerTag, living, this.#parts, () => this.#othersStopped());
      if (this.#signal.aborted) stop();
      const message = await arrived.promise;
      if (message === null) throw this.#cancelled(declared);
      if (message !== undefined) return held(message);
      await channel.cancel(consumerTag);
      // It crossed the cancellation.
      return late === undefined ? undefined : held(late);
    } finally {
      closed.removeEventListener("abort", lose);
      this.#signal.removeEventListener("abort", stop);
      if (--this.#consumers === 0 && this.#signal.aborted) this.#quiet.resolve();
    }
  }

  #cancelled(declared: Declared): QueueError {
    this.#parts.observer.consumerCancelled(this.#kind);
    declared.forget();
    const queue = jobQueue(this.#kind);
    return new QueueError("QUEUES_FAILED", `Cannot consume ${queue}: the broker cancelled the consumer`);
  }

  /**
   * While everything stops, what is given back must not be handed to the next slot that is about to stop: each time counts.
   */
  async #othersStopped(): Promise<void> {
    if (this.#signal.aborted && this.#consumers > 0) await this.#quiet.promise;
  }

  /** A message that `enqueue` would never have taken: somebody else has put it there. */
  async #setAside(held: HeldDelivery): Promise<void> {
    try {
      await held.deadLetter(`its body and headers exceed the limit of ${maxMessageBytes} bytes`);
      this.#parts.observer.unusable(this.#kind);
    } catch (error) {
      await held.release();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open !== undefined && !this.#open.closed.aborted)
      await this.#open.channel.close().catch(() => {});
  }
}

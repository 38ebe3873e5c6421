/**
 * Where the slots of one `consume` get their deliveries: one channel, on which the free slots take turns to be a consumer with
 * prefetch 1. Before a settlement that consumer is cancelled, so that nothing is handed to a slot that still works. (One consumer
 * with `prefetch = slots` would be sent the next message at each ack, while the handler goes on: held without a claim, for as
 * long as the work takes.)
 *
 * One at a time: a message that the broker hands to a consumer just when that is cancelled, or when its channel dies with the
 * link, goes back and to the next one, which may be about to end as well, and each time counts. (Measured on 3.10.8, sixteen
 * idle slots stopped while messages came in: with a consumer each, 65 of 75 messages left counted once or twice; with one at a
 * time 27 of 110 counted once, none twice, and no fewer messages a second. A channel for each slot would be worse: six of them
 * used up the delivery limit of 5 with one lost link.)
 */
import { backoffMs, type Clock, createId, type Logger, onAbort, Semaphore, toError } from "@fairlead/core";
import type { ChannelModel, ConsumeMessage } from "amqplib";
import type { HeldDelivery, Source } from "../consume.ts";
import { QueueError } from "../errors.ts";
import { headerBytes } from "../message.ts";
import type { QueueObserver } from "../observe.ts";
import { maxMessageBytes } from "../queues.ts";
import { ConsumerChannel } from "./channel.ts";
import type { Declared } from "./declared.ts";
import { holdMessage } from "./delivery.ts";
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
  /**
   * A consumer that has heard nothing for so long is made anew, on a new channel: a broker may have lost it without a word. When a
   * queue is deleted and made again at once, 3.10.8 tells its consumers nothing (0 of 30; 40 of 40 where it stays away).
   */
  readonly renewConsumerMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class AmqpSource implements Source {
  readonly #kind: string;
  readonly #signal: AbortSignal;
  readonly #parts: AmqpSourceParts;
  #open: ConsumerChannel | undefined;
  #opening: Promise<ConsumerChannel> | undefined;
  readonly #turn = new Semaphore(1);

  constructor(kind: string, signal: AbortSignal, parts: AmqpSourceParts) {
    this.#kind = kind;
    this.#signal = signal;
    this.#parts = parts;
  }

  async next(): Promise<HeldDelivery | undefined> {
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      try {
        using _turn = await this.#turn.acquire();
        const held = await this.#take();
        if (held === "stopped") break;
        if (held !== "idle") {
          if (this.#signal.aborted) {
            await held.release();
            break;
          }
          if (held.body.length + headerBytes(held.headers) <= maxMessageBytes) return held;
          await this.#setAside(held);
        }
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
  async #channel(model: ChannelModel): Promise<ConsumerChannel> {
    if (this.#open !== undefined && !this.#open.closed.aborted) return this.#open;
    this.#opening ??= ConsumerChannel.open(model, this.#parts.clock).finally(() => {
      this.#opening = undefined;
    });
    this.#open = await this.#opening;
    return this.#open;
  }

  /** Waits for one message. @throws when the consumer or its channel is lost */
  async #take(): Promise<HeldDelivery | "stopped" | "idle"> {
    const { model, declared } = await this.#parts.connected(this.#signal);
    await declared.forConsumer(this.#kind);
    const living = await this.#channel(model);
    const { channel, closed } = living;
    const arrived = Promise.withResolvers<ConsumeMessage | "stopped" | "idle">();
    using _lost = onAbort(closed, () => arrived.reject(closed.reason));
    using _stopped = onAbort(this.#signal, () => arrived.resolve("stopped"));
    using _timer = this.#parts.clock.timer(this.#parts.renewConsumerMs, () => arrived.resolve("idle"));
    const consumerTag = createId();
    let message: ConsumeMessage | undefined;
    const onMessage = (given: ConsumeMessage | null) => {
      if (given === null) return arrived.reject(this.#cancelled(declared));
      message = given;
      arrived.resolve(given);
    };
    channel.consume(jobQueue(this.#kind), onMessage, { consumerTag }).catch((error: unknown) => {
      // The queue may be gone: look for it anew, or nobody would make it where nothing is enqueued.
      declared.forget();
      arrived.reject(error);
    });
    const outcome = await arrived.promise;
    if (outcome === "stopped" || outcome === "idle") await living.cancel(consumerTag);
    // A message may have crossed the cancellation.
    if (message !== undefined) return holdMessage(this.#kind, message, consumerTag, living, this.#parts);
    if (outcome === "idle" && living.inHand === 0) await living.close();
    return outcome === "idle" ? "idle" : "stopped";
  }

  /** The broker says so with a null delivery: the queue was deleted, or its leader has moved. */
  #cancelled(declared: Declared): QueueError {
    this.#parts.observer.consumerCancelled(this.#kind);
    declared.forget();
    return new QueueError("QUEUES_FAILED", "Cannot go on with a consumer: the broker cancelled it");
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
    await this.#open?.close();
  }
}

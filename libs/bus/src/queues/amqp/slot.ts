/**
 * One slot of a consumer: a channel of its own, on which it consumes with prefetch 1 only while it is free. Before a settlement
 * the consumer is cancelled, so that nothing is handed to a slot that still works. (One consumer with `prefetch = slots` would
 * be sent the next message at each ack, while the handler goes on: held without a claim, for as long as the work takes.)
 */
import { backoffMs, type Clock, type Logger, toError } from "@fairlead/core";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { names } from "../../amqp/topology.ts";
import type { HeldDelivery, Slot } from "../consume.ts";
import type { RetryDelay } from "../delays.ts";
import { QueueError } from "../errors.ts";
import { headerBytes } from "../message.ts";
import type { QueueObserver } from "../observe.ts";
import { maxMessageBytes, type Settlement } from "../queues.ts";
import { deadMessage, factsOf, redeliveriesOf, retriedMessage } from "./message.ts";
import type { Sender } from "./sender.ts";
import { type Declared, delayExchange, jobQueue } from "./topology.ts";

export interface Reachable {
  readonly model: ChannelModel;
  readonly declared: Declared;
}

export interface AmqpSlotParts {
  /** The connection, as soon as there is one. @throws the signal's reason when it fires first */
  readonly connected: (signal: AbortSignal) => Promise<Reachable>;
  readonly sender: Sender;
  readonly observer: QueueObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A channel that knows whether it lives. */
interface SlotChannel {
  readonly channel: Channel;
  readonly closed: AbortSignal;
}

export class AmqpSlot implements Slot {
  readonly #kind: string;
  readonly #signal: AbortSignal;
  readonly #parts: AmqpSlotParts;
  #open: SlotChannel | undefined;

  constructor(kind: string, signal: AbortSignal, parts: AmqpSlotParts) {
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

  async #channel({ model }: Reachable): Promise<SlotChannel> {
    if (this.#open !== undefined && !this.#open.closed.aborted) return this.#open;
    const channel = await model.createChannel();
    const closing = new AbortController();
    let reason = new QueueError("QUEUES_FAILED", "Cannot go on with the delivery: its channel was closed");
    channel.on("error", (error) => {
      reason = new QueueError("QUEUES_FAILED", `Cannot go on with the delivery: ${error.message}`, {
        cause: error,
      });
    });
    channel.on("close", () => closing.abort(reason));
    this.#open = { channel, closed: closing.signal };
    await channel.prefetch(1);
    return this.#open;
  }

  /** Waits for one message; undefined when the signal fires first. @throws when the consumer or its channel is lost */
  async #take(): Promise<HeldDelivery | undefined> {
    const reachable = await this.#parts.connected(this.#signal);
    const { declared } = reachable;
    await declared.ensure({ kind: this.#kind });
    const { channel, closed } = await this.#channel(reachable);
    const arrived = Promise.withResolvers<ConsumeMessage | null | undefined>();
    const lose = () => arrived.reject(closed.reason);
    const stop = () => arrived.resolve(undefined);
    closed.addEventListener("abort", lose, { once: true });
    this.#signal.addEventListener("abort", stop, { once: true });
    // Rejected before anybody awaits it when the channel closes while `consume` is under way.
    arrived.promise.catch(() => {});
    try {
      let late: ConsumeMessage | undefined;
      const { consumerTag } = await channel.consume(jobQueue(this.#kind), (message) => {
        if (message !== null) late = message;
        arrived.resolve(message);
      });
      if (this.#signal.aborted) stop();
      const message = await arrived.promise;
      if (message === null) {
        this.#parts.observer.consumerCancelled(this.#kind);
        declared.forget();
        throw new QueueError(
          "QUEUES_FAILED",
          `Cannot consume ${jobQueue(this.#kind)}: the broker cancelled the consumer`,
        );
      }
      if (message !== undefined)
        return new AmqpDelivery(this.#kind, message, consumerTag, { channel, closed }, this.#parts);
      await channel.cancel(consumerTag);
      // It crossed the cancellation. Not a retry: nobody has looked at it.
      if (late !== undefined) channel.nack(late, false, true);
      return undefined;
    } finally {
      closed.removeEventListener("abort", lose);
      this.#signal.removeEventListener("abort", stop);
    }
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
    const open = this.#open;
    if (open !== undefined && !open.closed.aborted) await open.channel.close().catch(() => {});
  }
}

class AmqpDelivery implements HeldDelivery {
  readonly kind: string;
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly redeliveries: number;
  readonly retries: number;
  readonly #message: ConsumeMessage;
  readonly #consumerTag: string;
  readonly #slot: SlotChannel;
  readonly #parts: AmqpSlotParts;

  constructor(
    kind: string,
    message: ConsumeMessage,
    consumerTag: string,
    slot: SlotChannel,
    parts: AmqpSlotParts,
  ) {
    const { id, headers, retries } = factsOf(message);
    this.kind = kind;
    this.id = id;
    this.body = message.content;
    this.headers = headers;
    this.redeliveries = redeliveriesOf(message);
    this.retries = retries;
    this.#message = message;
    this.#consumerTag = consumerTag;
    this.#slot = slot;
    this.#parts = parts;
  }

  ack(): Promise<Settlement> {
    return this.#finish((channel) => channel.ack(this.#message));
  }

  async retry(delay: RetryDelay): Promise<Settlement> {
    return this.#moveTo("retry", delayExchange, { kind: this.kind, delay }, (properties) =>
      retriedMessage(properties, this.id, this.retries + 1, delay),
    );
  }

  async deadLetter(reason: string): Promise<Settlement> {
    const nowMs = this.#parts.clock.nowMs();
    return this.#moveTo("dead-letter", names.dead, {}, (properties) =>
      deadMessage(properties, this.id, reason, this.retries, nowMs),
    );
  }

  async release(): Promise<void> {
    await this.#finish((channel) => channel.nack(this.#message, false, true));
  }

  /** First confirmed where it goes, then off the queue that it came from: in between there are two, never none. */
  async #moveTo(
    verb: string,
    exchange: string,
    needs: { kind?: string; delay?: RetryDelay },
    properties: (of: ConsumeMessage["properties"]) => ReturnType<typeof retriedMessage>,
  ): Promise<Settlement> {
    if (this.#slot.closed.aborted) return "lost";
    await this.#parts.sender.send({
      doing: `${verb} a message of kind ${this.kind}`,
      exchange,
      routingKey: this.kind,
      content: this.body,
      options: properties(this.#message.properties),
      needs,
    });
    return this.ack();
  }

  async #finish(settle: (channel: Channel) => void): Promise<Settlement> {
    const { channel, closed } = this.#slot;
    try {
      await channel.cancel(this.#consumerTag);
      settle(channel);
      return closed.aborted ? "lost" : "settled";
    } catch {
      // amqplib throws when the channel has closed: the broker gives the message to somebody else.
      return "lost";
    }
  }
}

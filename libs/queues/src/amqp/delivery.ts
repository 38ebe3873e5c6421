import { names } from "@fairlead/amqp";
import type { Clock } from "@fairlead/core";
import type { Channel, ConsumeMessage, Options } from "amqplib";
import type { HeldDelivery } from "../consume.ts";
import type { RetryDelay } from "../delays.ts";
import type { Settlement } from "../queues.ts";
import type { ConsumerChannel } from "./channel.ts";
import type { Needs } from "./declared.ts";
import { deadMessage, factsOf, redeliveriesOf, retriedMessage } from "./message.ts";
import type { Outgoing, Sender } from "./sender.ts";
import { delayKey } from "./topology.ts";

export interface DeliveryParts {
  readonly sender: Sender;
  readonly clock: Clock;
}

/** One message that a consumer with prefetch 1 was handed. */
export class AmqpDelivery implements HeldDelivery {
  readonly kind: string;
  readonly id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly redeliveries: number;
  readonly retries: number;
  readonly #message: ConsumeMessage;
  readonly #consumerTag: string;
  readonly #living: ConsumerChannel;
  readonly #parts: DeliveryParts;

  constructor(
    kind: string,
    message: ConsumeMessage,
    consumerTag: string,
    living: ConsumerChannel,
    parts: DeliveryParts,
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
    this.#living = living;
    living.inHand++;
    this.#parts = parts;
  }

  ack(): Promise<Settlement> {
    return this.#finish((channel) => channel.ack(this.#message));
  }

  async retry(delay: RetryDelay): Promise<Settlement> {
    const to = { exchange: names.jobs, routingKey: delayKey(this.kind, delay) };
    return this.#moveTo("retry", to, { kind: this.kind, delay }, (properties) =>
      retriedMessage(properties, this.id, this.retries + 1),
    );
  }

  async deadLetter(reason: string): Promise<Settlement> {
    const nowMs = this.#parts.clock.nowMs();
    const to = { exchange: names.dead, routingKey: this.kind };
    return this.#moveTo("dead-letter", to, { dead: true }, (properties) =>
      deadMessage(properties, this.id, reason, this.retries, nowMs),
    );
  }

  /** No retry is counted: nobody has handled the message. */
  async release(): Promise<void> {
    await this.#finish((channel) => channel.nack(this.#message, false, true));
  }

  /** First the message is confirmed at its new place, then it leaves its queue: in between there are two, never none. */
  async #moveTo(
    verb: string,
    to: Pick<Outgoing, "exchange" | "routingKey">,
    needs: Needs,
    properties: (of: ConsumeMessage["properties"]) => Options.Publish,
  ): Promise<Settlement> {
    if (this.#living.closed.aborted) return "lost";
    await this.#parts.sender.send({
      doing: `${verb} a message of kind ${this.kind}`,
      ...to,
      content: this.body,
      options: properties(this.#message.properties),
      needs,
    });
    return this.ack();
  }

  async #finish(settle: (channel: Channel) => void): Promise<Settlement> {
    try {
      await this.#living.cancel(this.#consumerTag);
      settle(this.#living.channel);
      return this.#living.closed.aborted ? "lost" : "settled";
    } catch {
      // The channel has closed: the broker gives the message to somebody else.
      return "lost";
    } finally {
      this.#living.inHand--;
    }
  }
}

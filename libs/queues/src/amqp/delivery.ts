import { names } from "@fairlead/amqp";
import type { Clock } from "@fairlead/core";
import type { Channel, ConsumeMessage } from "amqplib";
import type { HeldDelivery } from "../consume.ts";
import type { Settlement } from "../queues.ts";
import type { ConsumerChannel } from "./channel.ts";
import { deadMessage, factsOf, redeliveriesOf, retriedMessage } from "./message.ts";
import type { Outgoing, Sender } from "./sender.ts";
import { delayKey } from "./topology.ts";

export interface DeliveryParts {
  readonly sender: Sender;
  readonly clock: Clock;
}

/** One message that a consumer with prefetch 1 was handed. */
export function holdMessage(
  kind: string,
  message: ConsumeMessage,
  consumerTag: string,
  living: ConsumerChannel,
  { sender, clock }: DeliveryParts,
): HeldDelivery {
  const facts = factsOf(message);
  const { id, retries } = facts;
  const { content, properties } = message;
  living.inHand++;

  async function finish(settle: (channel: Channel) => void): Promise<Settlement> {
    try {
      await living.cancel(consumerTag);
      settle(living.channel);
      return living.closed.aborted ? "lost" : "settled";
    } catch {
      // The channel has closed: the broker gives the message to somebody else.
      return "lost";
    } finally {
      living.inHand--;
    }
  }

  const ack = () => finish((channel) => channel.ack(message));

  /** First the message is confirmed at its new place, then it leaves its queue: in between there are two, never none. */
  async function moveTo(verb: string, to: Omit<Outgoing, "doing" | "content">): Promise<Settlement> {
    if (living.closed.aborted) return "lost";
    await sender.send({ doing: `${verb} a message of kind ${kind}`, content, ...to });
    return ack();
  }

  return {
    ...facts,
    kind,
    body: content,
    redeliveries: redeliveriesOf(message),
    ack,
    retry: (delay) =>
      moveTo("retry", {
        exchange: names.jobs,
        routingKey: delayKey(kind, delay),
        options: retriedMessage(properties, id, retries + 1),
        needs: { kind, delay },
      }),
    deadLetter: (reason) =>
      moveTo("dead-letter", {
        exchange: names.dead,
        routingKey: kind,
        options: deadMessage(properties, id, reason, retries, clock.nowMs()),
        needs: { dead: true },
      }),
    /** No retry is counted: nobody has handled the message. */
    async release() {
      await finish((channel) => channel.nack(message, false, true));
    },
  };
}

import { toError } from "@fairlead/core";
import type { ChannelModel } from "amqplib";
import { type Broker, connectFailure, parseBroker } from "./broker.ts";
import { AmqpError } from "./errors.ts";
import { names } from "./names.ts";
import { isNotFound, withChannel, withConnection } from "./with-channel.ts";

/** A broker that answers. */
export interface ProbedBroker extends Broker {
  /** What waits in the inbox queue, and how many read it; undefined when there is none. */
  readonly inbox: { readonly messages: number; readonly consumers: number } | undefined;
}

/**
 * Connects once, to see whether a broker answers, takes the user and is new enough. For `doctor`; changes nothing at the broker.
 * @throws {AmqpError} with the reason
 */
export async function probeBroker(url: string, timeoutMs: number): Promise<ProbedBroker> {
  const { host } = new URL(url);
  try {
    const options = { name: "doctor", timeoutMs };
    return await withConnection(url, options, async (model) => ({
      ...parseBroker(model.connection.serverProperties),
      inbox: await inboxOf(model),
    }));
  } catch (error) {
    if (error instanceof AmqpError) throw error;
    const reason = connectFailure(url, toError(error));
    throw new AmqpError(`Cannot use RabbitMQ at ${host}: ${reason}`, { cause: error });
  }
}

async function inboxOf(model: ChannelModel): Promise<ProbedBroker["inbox"]> {
  try {
    const { messageCount, consumerCount } = await withChannel(model, (channel) =>
      channel.checkQueue(names.inbox),
    );
    return { messages: messageCount, consumers: consumerCount };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

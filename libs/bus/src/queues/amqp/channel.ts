import type { Channel, ChannelModel } from "amqplib";
import { QueueError } from "../errors.ts";

/** A channel that knows whether it lives. */
export interface LivingChannel {
  readonly channel: Channel;
  /** Fires with the reason when it is gone, and with it everything that was taken over it. */
  readonly closed: AbortSignal;
}

export async function openChannel(model: ChannelModel): Promise<LivingChannel> {
  const channel = await model.createChannel();
  const closing = new AbortController();
  let why = "its channel was closed";
  channel.on("error", (error) => {
    why = error.message;
  });
  channel.on("close", () =>
    closing.abort(new QueueError("QUEUES_FAILED", `Cannot go on with a consumer: ${why}`)),
  );
  // Of each consumer: the channel may have many.
  await channel.prefetch(1);
  return { channel, closed: closing.signal };
}

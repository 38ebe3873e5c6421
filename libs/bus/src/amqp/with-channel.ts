import type { Channel, ChannelModel } from "amqplib";

/**
 * Does some work on a channel of its own, because the broker closes the channel on which it refuses something. Ends when that
 * channel is closed. A broker that says nothing is waited for as long as its connection lives.
 * @throws what `work` throws, which is the refusal of the broker or the loss of the connection
 */
export async function withChannel<T>(
  model: ChannelModel,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const channel = await model.createChannel();
  channel.on("error", () => {}); // The call that caused it is rejected as well.
  const gone = new Promise((resolve) => channel.once("close", resolve));
  try {
    return await work(channel);
  } finally {
    // amqplib 2.3.1 never settles a close() whose connection is lost before the answer: then there is the event alone.
    await Promise.race([channel.close().catch(() => {}), gone]);
  }
}

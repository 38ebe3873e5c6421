/** Short work at the broker, on a channel or a connection of its own. */
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from "amqplib";

/**
 * Does some work on a channel of its own, because the broker closes the channel on which it refuses something. Ends when that
 * channel is closed. A broker that says nothing is waited for as long as its connection lives.
 * @throws what `work` throws, which is the refusal of the broker or the loss of the connection
 */
export const withChannel = <T>(model: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> =>
  workOn(model.createChannel(), work);

/** The same with confirms of what is published. */
export const withConfirmChannel = <T>(
  model: ChannelModel,
  work: (channel: ConfirmChannel) => Promise<T>,
): Promise<T> => workOn(model.createConfirmChannel(), work);

/** Of every connection of ours. The signal destroys the socket in whatever state it is. */
export const socketOptions = (name: string, timeoutMs: number, signal: AbortSignal) => ({
  noDelay: true,
  keepAlive: true,
  timeout: timeoutMs,
  signal,
  clientProperties: { connection_name: name, product: "Fairlead" },
});

/** The same on a connection of its own. @throws also when it cannot be made, or is silent for `timeoutMs` */
export async function withConnection<T>(
  url: string,
  options: { readonly name: string; readonly timeoutMs: number; readonly signal?: AbortSignal },
  work: (model: ChannelModel) => Promise<T>,
): Promise<T> {
  const { name, timeoutMs } = options;
  const inTime = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, inTime]) : inTime;
  return await workOn(connect(url, socketOptions(name, timeoutMs, signal)), work);
}

/** amqplib 2.3.1 never settles a close() whose connection is lost before the answer: then there is the event alone. */
async function workOn<Open extends Channel | ChannelModel, T>(
  opening: Promise<Open>,
  work: (open: Open) => Promise<T>,
): Promise<T> {
  const open = await opening;
  open.on("error", () => {}); // The call that caused it is rejected as well.
  const gone = new Promise((resolve) => open.once("close", resolve));
  try {
    return await work(open);
  } finally {
    await Promise.race([open.close().catch(() => {}), gone]);
  }
}

/** What a passive declaration of a queue that is not there is answered with (AMQP 0-9-1, Queue.Declare). */
export const isNotFound = (error: unknown) => error instanceof Error && "code" in error && error.code === 404;

/** Short work at the broker, on a channel or a connection of its own. */
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from "amqplib";

/**
 * Does some work on a channel of its own, because the broker closes the channel on which it refuses something. Resolves when the channel
 * is closed. Silence of the broker lasts as long as the connection does.
 * @throws what `work` throws, which is the refusal of the broker or the loss of the connection
 */
export const withChannel = <T>(model: ChannelModel, work: (channel: Channel) => Promise<T>): Promise<T> =>
  workOn(model.createChannel(), work);

/** As `withChannel`, with confirms of what is published. */
export const withConfirmChannel = <T>(
  model: ChannelModel,
  work: (channel: ConfirmChannel) => Promise<T>,
): Promise<T> => workOn(model.createConfirmChannel(), work);

/** Options of every connection of ours. The signal destroys the socket, whatever its state. */
export const socketOptions = (name: string, timeoutMs: number, signal: AbortSignal) => ({
  noDelay: true,
  keepAlive: true,
  timeout: timeoutMs,
  signal,
  clientProperties: { connection_name: name, product: "Fairlead" },
});

/** Does some work on a connection of its own. @throws what `work` throws; also when the connection cannot be made, or `timeoutMs` have passed */
export async function withConnection<T>(
  url: string,
  options: { readonly name: string; readonly timeoutMs: number; readonly signal?: AbortSignal },
  work: (model: ChannelModel) => Promise<T>,
): Promise<T> {
  const { name, timeoutMs } = options;
  const inTime = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, inTime]) : inTime;
  // The signal ends a silent connection. amqplib 2.3.1 keeps the heartbeat timers of a connection that breaks at the end of its
  // handshake: they would keep the process, and after two heartbeats raise an error that nobody hears.
  const target = new URL(url);
  target.searchParams.set("heartbeat", "0");
  return await workOn(connect(target.href, socketOptions(name, timeoutMs, signal)), work);
}

/** amqplib 2.3.1 never settles a `close()` whose connection is lost before the answer. Only the event `close` comes then. */
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

/** One consumer of the log stream, which the reader pulls from. */
import { names } from "@fairlead/amqp";
import { onAbort, toError, WakeUp } from "@fairlead/core";
import type { ChannelModel, ConsumeMessage } from "amqplib";
import { BusError } from "../errors.ts";

/** Messages that one consumer holds, unread; with 64 KiB batches 2 MiB. */
const prefetch = 32;

export interface Consumer extends AsyncDisposable {
  /** Acknowledges the message, so that the next is sent. @throws {Error} the reason of the end */
  next(): Promise<ConsumeMessage>;
}

const failed = (reason: string) => new BusError("BUS_FAILED", `Cannot read the log: ${reason}`);

/**
 * Consumes the log on a channel of its own, whose prefetch bounds what is held.
 * @param from the stream's own offset (counted from 0), or "next" for what comes from now on
 */
export async function consumeLog(
  model: ChannelModel,
  from: number | "next",
  signal: AbortSignal,
): Promise<Consumer> {
  const waiting: ConsumeMessage[] = [];
  const stop = new AbortController();
  const changed = new WakeUp();
  const end = (reason: unknown) => {
    stop.abort(toError(reason));
    changed.wake();
  };
  const channel = await model.createChannel();
  channel.on("error", end);
  channel.on("close", () => end(failed("its channel was closed")));
  const listening = onAbort(signal, () => end(signal.reason));
  const dispose = async () => {
    listening[Symbol.dispose]();
    // Nobody waits for the close: a frozen broker would never answer. The channel may be closed already.
    channel.close().catch(() => {});
  };
  try {
    await channel.prefetch(prefetch);
    await channel.consume(
      names.log,
      (message) => {
        // The queue was deleted or its leader moved (`null` tells of a cancelled consumer).
        if (message === null) return end(failed("the broker cancelled the consumer"));
        waiting.push(message);
        changed.wake();
      },
      { arguments: { "x-stream-offset": from } },
    );
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    async next() {
      for (;;) {
        stop.signal.throwIfAborted();
        const message = waiting.shift();
        if (message !== undefined) {
          channel.ack(message);
          return message;
        }
        await changed.next();
      }
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Our offsets count from 1, so that 0 can mean "from the beginning"; those of a stream count from 0. */
export function offsetOf(message: ConsumeMessage): number {
  return Number(message.properties.headers?.["x-stream-offset"]) + 1;
}

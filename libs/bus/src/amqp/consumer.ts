/** One consumer of the log stream, as a pull. */
import { names } from "@fairlead/amqp";
import { toError } from "@fairlead/core";
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
 * Consumes the log on a channel of its own, which bounds what it holds.
 * @param from the stream's own offset (it counts from 0), or "next" for what comes from now on
 */
export async function consumeLog(
  model: ChannelModel,
  from: number | "next",
  signal: AbortSignal,
): Promise<Consumer> {
  const waiting: ConsumeMessage[] = [];
  const stop = new AbortController();
  let wake = () => {};
  const end = (reason: unknown) => {
    stop.abort(toError(reason));
    wake();
  };
  const channel = await model.createChannel();
  channel.on("error", end);
  channel.on("close", () => end(failed("its channel was closed")));
  const abort = () => end(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const dispose = async () => {
    signal.removeEventListener("abort", abort);
    // Not waited for: a frozen broker would never answer. It may be closed already.
    channel.close().catch(() => {});
  };
  try {
    await channel.prefetch(prefetch);
    await channel.consume(
      names.log,
      (message) => {
        // The queue was deleted or its leader moved (contracts.md: null is a cancelled consumer).
        if (message === null) return end(failed("the broker cancelled the consumer"));
        waiting.push(message);
        wake();
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
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Our offsets count from 1, so that 0 can mean "from the beginning"; those of a stream count from 0. */
export function offsetOf(message: ConsumeMessage): number {
  return Number(message.properties.headers?.["x-stream-offset"]) + 1;
}

/**
 * Reading the log stream by offset. Each tail has a channel of its own and holds at most `prefetch` messages; after any loss
 * of channel or link it goes on behind the last offset that it gave.
 *
 * AMQP 0-9-1 cannot ask a stream for its last offset. So where "now" matters (from the end; up to the end) a tail sends a mark
 * through the log and looks where it comes out. Marks are for their own tail only; every other one passes over them.
 */
import { backoffMs, createId, eventTypePrefix, matchesTopic, routingKey, toError } from "@fairlead/core";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import type { LoggedEvent, TailOptions } from "../bus.ts";
import { BusError } from "../errors.ts";
import { fromMessage } from "./message.ts";
import { names } from "./topology.ts";

/** Messages that one tail holds, unread; with 64 KiB batches 2 MiB. */
const prefetch = 32;
const markType = `${eventTypePrefix}log.mark`;

/** Deliveries of one consumer, from the channel's callback to a pull; bounded by the channel's prefetch. */
class Deliveries {
  readonly #waiting: ConsumeMessage[] = [];
  #end: Error | undefined;
  #wake: (() => void) | undefined;

  push(message: ConsumeMessage): void {
    this.#waiting.push(message);
    this.#wake?.();
  }

  end(reason: Error): void {
    this.#end ??= reason;
    this.#wake?.();
  }

  /** @throws {Error} the reason of the end, after what was delivered before it */
  async next(): Promise<ConsumeMessage> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) return message;
      if (this.#end !== undefined) throw this.#end;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

interface Consumer extends AsyncDisposable {
  readonly channel: Channel;
  readonly deliveries: Deliveries;
}

async function consume(model: ChannelModel, from: number | "next", signal: AbortSignal): Promise<Consumer> {
  const deliveries = new Deliveries();
  const channel = await model.createChannel();
  let isOpen = true;
  channel.on("error", (error) => deliveries.end(error));
  channel.on("close", () => {
    isOpen = false;
    deliveries.end(new BusError("BUS_FAILED", "Cannot read the log: channel closed", { retryable: true }));
  });
  const abort = () => deliveries.end(toError(signal.reason));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const dispose = async () => {
    signal.removeEventListener("abort", abort);
    if (isOpen) await channel.close().catch(() => {});
  };
  try {
    await channel.prefetch(prefetch);
    await channel.consume(
      names.log,
      (message) => {
        if (message !== null) deliveries.push(message);
        // The queue was deleted or its leader moved (contracts.md: null is a cancelled consumer).
        else
          deliveries.end(
            new BusError("BUS_FAILED", "Cannot read the log: consumer cancelled", { retryable: true }),
          );
      },
      { arguments: { "x-stream-offset": from } },
    );
  } catch (error) {
    await dispose();
    throw error;
  }
  return { channel, deliveries, [Symbol.asyncDispose]: dispose };
}

/** Our offsets count from 1, so that 0 can mean "from the beginning"; those of a stream count from 0. */
function offsetOf(message: ConsumeMessage): number {
  return Number(message.properties.headers?.["x-stream-offset"]) + 1;
}

async function sendMark(model: ChannelModel): Promise<string> {
  const channel = await model.createConfirmChannel();
  channel.on("error", () => {});
  const id = createId();
  channel.sendToQueue(names.log, Buffer.alloc(0), { persistent: true, messageId: id, type: markType });
  await channel.waitForConfirms();
  await channel.close();
  return id;
}

/** The offset of the last message that is in the log now. */
async function findEnd(model: ChannelModel, signal: AbortSignal): Promise<number> {
  await using consumer = await consume(model, "next", signal);
  const id = await sendMark(model);
  for (;;) {
    const message = await consumer.deliveries.next();
    if (message.properties.messageId === id) return offsetOf(message);
    consumer.channel.ack(message);
  }
}

export interface StreamTailDependencies {
  /** The connection for reading; waits until there is one. @throws when the signal fires */
  readonly connected: (signal: AbortSignal) => Promise<ChannelModel>;
  readonly onInterrupted: (error: Error) => void;
  /** Fires when the bus closes. */
  readonly closed: AbortSignal;
}

/** @throws {BusError} BUS_CLOSED when the bus closes meanwhile; loss of the link is waited out */
export async function* tailStream(
  options: TailOptions,
  { connected, onInterrupted, closed }: StreamTailDependencies,
): AsyncGenerator<LoggedEvent> {
  const { types, follow = true } = options;
  const signal = options.signal ? AbortSignal.any([options.signal, closed]) : closed;
  let after: number | undefined = options.after === "end" ? undefined : options.after;
  let end: number | undefined;
  for (let failures = 0; ; ) {
    try {
      const model = await connected(signal);
      if (after === undefined || (!follow && end === undefined)) {
        end = await findEnd(model, signal);
        after ??= end;
      }
      if (!follow && after >= end!) return;
      await using consumer = await consume(model, after, signal);
      for (;;) {
        const message = await consumer.deliveries.next();
        failures = 0;
        const offset = offsetOf(message);
        consumer.channel.ack(message);
        // Delivery begins with the chunk that holds the offset asked for: what is before it was given already.
        if (offset > after) {
          if (message.properties.type !== markType) {
            const key = message.fields.routingKey;
            const event = fromMessage(message, {
              routingKey: key,
              place: `${names.log}:${offset}`,
              receivedAtMs: Date.now(),
            });
            if (!types || types.some((pattern) => matchesTopic(pattern, routingKey(event.type))))
              yield { offset, event };
          }
          after = offset;
        }
        if (!follow && offset >= end!) return;
      }
    } catch (error) {
      if (closed.aborted) throw new BusError("BUS_CLOSED", "Cannot read the log: the bus is closed");
      if (signal.aborted) return;
      onInterrupted(toError(error));
      await new Promise((resolve) => setTimeout(resolve, backoffMs(++failures, { maxDelayMs: 5_000 })));
    }
  }
}

import { type Clock, within } from "@fairlead/core";
import type { Channel, ChannelModel } from "amqplib";
import { QueueError } from "../errors.ts";

/** A queue without a leader does not answer at all. The channel is given up then, with everything that was taken over it. */
const answerTimeoutMs = 10_000;
const closeTimeoutMs = 1_000;

/** A channel for consumers with prefetch 1, which knows whether it lives and what is still out. */
export class ConsumerChannel {
  readonly channel: Channel;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  /** Deliveries that are not settled yet. */
  inHand = 0;

  private constructor(channel: Channel, clock: Clock) {
    this.channel = channel;
    this.#clock = clock;
    let why = "its channel was closed";
    channel.on("error", (error) => {
      why = error.message;
    });
    channel.on("close", () => this.#closed(why));
  }

  static async open(model: ChannelModel, clock: Clock): Promise<ConsumerChannel> {
    const opened = new ConsumerChannel(await model.createChannel(), clock);
    // The prefetch counts for each consumer, not for the channel.
    await opened.channel.prefetch(1);
    return opened;
  }

  /** Fires with the reason when the channel is gone, and with it everything that was taken over it. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  #closed(why: string): void {
    this.#closing.abort(new QueueError("QUEUES_FAILED", `Cannot go on with a consumer: ${why}`));
  }

  /** Resolves when nothing more will be handed to this consumer. @throws when the channel is lost, or given up for want of an answer */
  async cancel(consumerTag: string): Promise<void> {
    if (!(await this.#isLate(this.channel.cancel(consumerTag), answerTimeoutMs))) return;
    void this.close();
    this.closed.throwIfAborted();
  }

  /** What is in hand is lost at once; the broker is told, but not waited for without end. */
  async close(): Promise<void> {
    if (this.closed.aborted) return;
    this.#closed("the channel was given up");
    await this.#isLate(this.channel.close(), closeTimeoutMs).catch(() => {});
  }

  #isLate(answer: Promise<unknown>, timeoutMs: number): Promise<boolean> {
    const answered = answer.then(() => false);
    return within(timeoutMs, answered, () => true, this.#clock);
  }
}

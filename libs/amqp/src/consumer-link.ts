import { beforeAbort, WakeUp } from "@fairlead/core";
import type { ChannelModel } from "amqplib";
import { Link, type LinkOptions, type LinkState } from "./link.ts";

/**
 * The connection that tails and consumers of work stand on. A connection that RabbitMQ blocks for its publishing
 * is not read at all, so that acks would wait there too: consumers have a connection of their own.
 */
export class ConsumerLink implements AsyncDisposable {
  readonly #link: Link;
  readonly #up = new WakeUp();
  #model: ChannelModel | undefined;

  constructor(options: Omit<LinkOptions, "setup" | "onDown">) {
    this.#link = new Link({
      ...options,
      setup: async (model) => {
        this.#model = model;
        this.#up.wake();
      },
      onDown: () => {
        this.#model = undefined;
      },
    });
  }

  get linkState(): LinkState {
    return this.#link.state;
  }

  /** The connection, as soon as there is one. @throws the signal's reason when it fires first */
  async connected(signal: AbortSignal): Promise<ChannelModel> {
    signal.throwIfAborted();
    while (this.#model === undefined) await beforeAbort(this.#up.next(), signal);
    return this.#model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }
}

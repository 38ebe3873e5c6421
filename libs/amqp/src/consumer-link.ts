/** The connection that tails and consumers of work read from: apart from publishing, because a blocked connection reads nothing either. */
import type { ChannelModel } from "amqplib";
import { Link, type LinkOptions, type LinkState } from "./link.ts";

export class ConsumerLink implements AsyncDisposable {
  readonly #link: Link;
  readonly #waiting = new Set<(model: ChannelModel) => void>();
  #model: ChannelModel | undefined;

  constructor(options: Omit<LinkOptions, "setup" | "onDown">) {
    this.#link = new Link({
      ...options,
      setup: async (model) => {
        this.#model = model;
        for (const resume of this.#waiting) resume(model);
        this.#waiting.clear();
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
  connected(signal: AbortSignal): Promise<ChannelModel> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#model !== undefined) return resolve(this.#model);
      const resume = (model: ChannelModel) => {
        signal.removeEventListener("abort", abort);
        resolve(model);
      };
      const abort = () => {
        this.#waiting.delete(resume);
        reject(signal.reason);
      };
      this.#waiting.add(resume);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }
}

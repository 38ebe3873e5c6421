/** The connection that consumers and looks at dead letters use: apart from sending, because a blocked connection reads nothing either. */
import type { ChannelModel } from "amqplib";
import { Link, type LinkOptions, type LinkState } from "../../amqp/link.ts";
import { Declared, type DeclaredOptions } from "./declared.ts";
import type { Reachable } from "./source.ts";

export class Reader implements AsyncDisposable {
  readonly #link: Link;
  #reachable: Reachable | undefined;
  readonly #waiting = new Set<(reachable: Reachable) => void>();

  constructor(options: Omit<LinkOptions, "setup" | "onDown">, declaredOptions: DeclaredOptions) {
    this.#link = new Link({
      ...options,
      setup: (model) => this.#setup(model, declaredOptions),
      onDown: () => {
        this.#reachable = undefined;
      },
    });
  }

  get linkState(): LinkState {
    return this.#link.state;
  }

  async #setup(model: ChannelModel, declaredOptions: DeclaredOptions): Promise<void> {
    const reachable = { model, declared: new Declared(model, declaredOptions) };
    await reachable.declared.base();
    this.#reachable = reachable;
    for (const resume of this.#waiting) resume(reachable);
    this.#waiting.clear();
  }

  /** @throws the signal's reason when it fires first */
  connected(signal: AbortSignal): Promise<Reachable> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#reachable !== undefined) return resolve(this.#reachable);
      const resume = (reachable: Reachable) => {
        signal.removeEventListener("abort", abort);
        resolve(reachable);
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

/** Lets one or many wait until something has changed. Whoever waits looks again afterwards whether the change is the right one. */
export class WakeUp {
  #waiting: PromiseWithResolvers<void> | undefined;

  /** True while somebody waits. */
  get isAwaited(): boolean {
    return this.#waiting !== undefined;
  }

  /** Resolves at the next `wake()`. All who wait share one promise. */
  next(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Wakes all who wait. Without effect where nobody does. */
  wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/**
 * Lets one or many callers wait for a change. The wake-up says only that something has changed: a caller that waits for a condition
 * looks at the condition again.
 */
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

  /** Wakes all who wait. The call has no effect where nobody waits. */
  wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

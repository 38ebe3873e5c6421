import type { Clock, Logger } from "@fairlead/core";

/** While the same thing goes on happening it is logged at most this often, in milliseconds. */
const quietMs = 10_000;

/**
 * For what a stranger or an outage can cause any number of times: each thing is logged at most once in ten seconds. Who
 * logs here counts every time in a metric.
 */
export class QuietLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #lastMs = new Map<string, number>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** @param key the thing; from a closed list */
  warn(key: string, fields: object, message: string): void {
    if (this.#isDue(key)) this.#logger.warn(fields, message);
  }

  error(key: string, fields: object, message: string): void {
    if (this.#isDue(key)) this.#logger.error(fields, message);
  }

  /** The thing is over: the next time is logged at once. */
  forget(key: string): void {
    this.#lastMs.delete(key);
  }

  #isDue(key: string): boolean {
    const now = this.#clock.monotonicMs();
    if (now - (this.#lastMs.get(key) ?? Number.NEGATIVE_INFINITY) < quietMs) return false;
    this.#lastMs.set(key, now);
    return true;
  }
}

import { type Clock, type Logger, RateLimiter } from "@fairlead/core";
import type { Connection, RefusalReason, SocketAddress } from "@fairlead/socket";
import { Counters, countUp } from "./counters.ts";
import type { Session } from "./session.ts";

/**
 * What happens at one listener, each with its log line and its count. What a stranger can cause any number of times is
 * logged at most five times at once and once in ten seconds; every time is counted.
 */
export class ListenerEvents {
  readonly counters = new Counters();
  readonly #logger: Logger;
  readonly #refusals: RateLimiter;
  readonly #failures: RateLimiter;

  constructor(listener: string, logger: Logger, clock: Clock) {
    this.#logger = logger.child({ listener });
    this.#refusals = new RateLimiter(0.1, 5, clock);
    this.#failures = new RateLimiter(0.1, 5, clock);
  }

  opened({ id, remote }: Connection): void {
    this.counters.opened++;
    this.#logger.debug({ connection: id, remote }, "connection opened");
  }

  closed({ connection, records }: Session, reason: string): void {
    const { id, bytesReceived } = connection;
    countUp(this.counters.closed, reason);
    this.#logger.debug({ connection: id, reason, records, bytesReceived }, "connection closed");
  }

  refused(remote: SocketAddress, reason: RefusalReason): void {
    countUp(this.counters.refused, reason);
    if (this.#refusals.take() === 0) this.#logger.warn({ remote, reason }, "connection turned away");
  }

  /** Records could not be made durable; their clients are told. */
  failed(error: Error): void {
    if (this.#failures.take() === 0) this.#logger.error({ err: error }, "records refused");
  }

  /** The bus refuses records that nobody would repeat: they are pending until it takes them. */
  held(error: Error): void {
    if (this.#failures.take() === 0) {
      this.#logger.warn({ err: error }, "records are kept until the bus takes them; nothing more is read");
    }
  }

  lifecycleLost(error: Error): void {
    this.counters.lostLifecycleEvents++;
    if (this.#failures.take() === 0) this.#logger.warn({ err: error }, "connection event lost");
  }
}

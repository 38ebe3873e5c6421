import type { Bus } from "@fairlead/bus";
import { type TcpOpened, tcpClosed, tcpOpened } from "@fairlead/contracts";
import { type Clock, type CloudEvent, toError } from "@fairlead/core";
import type { Connection } from "@fairlead/socket";
import type { ListenerEvents } from "./events.ts";
import type { Session } from "./session.ts";

export interface LifecycleOptions {
  readonly listener: string;
  readonly instance: string;
  readonly source: string;
  readonly bus: Bus;
  readonly events: ListenerEvents;
  readonly clock: Clock;
  /** False: nothing is published, only counted. */
  readonly publishes: boolean;
}

/**
 * Says on the bus that a connection was opened and closed. Nobody waits for it: the bus keeps the order of its calls, so
 * opened stands before the connection's records and closed behind them, and its group commit is the batching. What the
 * bus does not take is counted, not kept.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #outstanding = new Set<Promise<void>>();

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  opened(connection: Connection): void {
    this.#options.events.opened(connection);
    if (this.#options.publishes) {
      const { source } = this.#options;
      this.#track(this.#publish(tcpOpened({ source, data: this.#describe(connection) })));
    }
  }

  /** Follows the connection to its end, which may be after the end of its session. */
  closing(session: Session): void {
    this.#track(this.#closed(session));
  }

  /** Resolves when every event so far is durable or lost. */
  async settled(): Promise<void> {
    while (this.#outstanding.size > 0) await Promise.all(this.#outstanding);
  }

  async #closed(session: Session): Promise<void> {
    const { events, publishes, source, clock } = this.#options;
    const { connection, records, rejected = {} } = session;
    const closeReason = await connection.closed;
    const reason = session.ending?.reason ?? closeReason;
    events.closed(session, reason);
    if (!publishes) return;
    const { bytesReceived, bytesSent } = connection;
    const closedAt = new Date(clock.nowMs()).toISOString();
    const data = {
      ...this.#describe(connection),
      closedAt,
      reason,
      bytesReceived,
      bytesSent,
      records,
      rejected,
    };
    await this.#publish(tcpClosed({ source, data }));
  }

  #describe({ id, remote, local, openedAtMs }: Connection): TcpOpened {
    const { listener, instance } = this.#options;
    const openedAt = new Date(openedAtMs).toISOString();
    return { connection: id, instance, listener, remote, local, openedAt };
  }

  async #publish(event: CloudEvent): Promise<void> {
    try {
      await this.#options.bus.publish(event);
    } catch (error) {
      this.#options.events.lifecycleLost(toError(error));
    }
  }

  #track(work: Promise<void>): void {
    this.#outstanding.add(work);
    void work.finally(() => this.#outstanding.delete(work));
  }
}

import type { Bus } from "@fairlead/bus";
import { type CloudEvent, type TcpOpened, tcpClosed, tcpOpened } from "@fairlead/contracts";
import { type Clock, type Logger, toError } from "@fairlead/core";
import type { Connection, RefusalReason, SocketAddress } from "@fairlead/socket";
import { ConnectionCounts } from "./connection-metrics.ts";
import { QuietLog } from "./quiet-log.ts";
import type { Session } from "./session.ts";

export interface ConnectionEventsOptions {
  readonly listener: string;
  readonly instance: string;
  /** "/tcp-gateway/<instance>/<listener>" */
  readonly source: string;
  readonly bus: Pick<Bus, "publish">;
  readonly logger: Logger;
  readonly clock: Clock;
  /** False: nothing is published, only counted and logged. */
  readonly publishes: boolean;
}

/**
 * What happens to the connections of one listener: counted, logged and, for tcp.opened and tcp.closed, published. Nobody
 * waits for these events: the bus keeps the order of its calls, so opened stands before the connection's records and closed
 * behind them, and its group commit is the batching. An event that the bus does not take is counted and not kept.
 */
export class ConnectionEvents {
  readonly counts = new ConnectionCounts();
  readonly #options: ConnectionEventsOptions;
  readonly #logger: Logger;
  readonly #quiet: QuietLog;
  readonly #outstanding = new Set<Promise<void>>();

  constructor(options: ConnectionEventsOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ listener: options.listener });
    this.#quiet = new QuietLog(this.#logger, options.clock);
  }

  refused(remote: SocketAddress, reason: RefusalReason): void {
    ConnectionCounts.up(this.counts.refused, reason);
    this.#quiet.warn(`refused ${reason}`, { remote, reason }, "connection refused");
  }

  opened(connection: Connection): void {
    const { id, remote } = connection;
    this.counts.opened++;
    this.#logger.debug({ connection: id, remote }, "connection opened");
    if (!this.#options.publishes) return;
    const { source } = this.#options;
    this.#track(this.#publish(tcpOpened({ source, data: this.#describe(connection) })));
  }

  /** A session is done. Follows its connection to the end, which may come later. */
  closing(session: Session): void {
    this.#track(this.#closed(session));
  }

  /** A session threw: its connection is closed with the reason "error". */
  failed(error: Error): void {
    this.#quiet.error("failed", { err: error }, "a session failed");
  }

  /** Resolves when every event so far is durable or lost. */
  async settled(): Promise<void> {
    while (this.#outstanding.size > 0) await Promise.all(this.#outstanding);
  }

  async #closed(session: Session): Promise<void> {
    const { connection } = session;
    const closeReason = await connection.closed;
    const { records = 0, rejected = {} } = session;
    const reason = session.ending?.reason ?? closeReason;
    const { id, bytesReceived, bytesSent } = connection;
    ConnectionCounts.up(this.counts.closed, reason);
    this.#logger.debug({ connection: id, reason, records, bytesReceived }, "connection closed");
    if (!this.#options.publishes) return;
    const { source, clock } = this.#options;
    const closedAt = new Date(clock.nowMs()).toISOString();
    const opened = this.#describe(connection);
    const data = { ...opened, closedAt, reason, bytesReceived, bytesSent, records, rejected };
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
      this.counts.lostEvents++;
      this.#quiet.warn("lost", { err: toError(error) }, "connection event lost");
    }
  }

  #track(work: Promise<void>): void {
    this.#outstanding.add(work);
    void work.finally(() => this.#outstanding.delete(work));
  }
}

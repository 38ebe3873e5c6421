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
  /** False: connections are only counted and logged. */
  readonly publishes: boolean;
}

/**
 * The events of the connections of one listener: counted, logged and, for tcp.opened and tcp.closed, published. Nobody
 * waits for a publish. The bus keeps the order of its calls, so tcp.opened stands before the connection's records and
 * tcp.closed behind them. An event that the bus does not take is counted and not kept.
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
    this.#publish(tcpOpened({ source, data: this.#describe(connection) }));
  }

  closed({ connection, records = 0, rejected = {} }: Session, reason: string): void {
    const { id, bytesReceived, bytesSent } = connection;
    ConnectionCounts.up(this.counts.closed, reason);
    this.counts.discardedBytes += connection.bytesDiscarded;
    this.#logger.debug({ connection: id, reason, records, bytesReceived }, "connection closed");
    if (!this.#options.publishes) return;
    const { source, clock } = this.#options;
    const closedAt = new Date(clock.nowMs()).toISOString();
    const opened = this.#describe(connection);
    const data = { ...opened, closedAt, reason, bytesReceived, bytesSent, records, rejected };
    this.#publish(tcpClosed({ source, data }));
  }

  /** A session threw: its connection is closed with the reason "error". */
  failed(error: Error): void {
    this.#quiet.error("failed", { err: error }, "a session failed");
  }

  /** Resolves when every event so far is durable or lost. */
  async settled(): Promise<void> {
    while (this.#outstanding.size > 0) await Promise.all(this.#outstanding);
  }

  #describe({ id, remote, local, openedAtMs }: Connection): TcpOpened {
    const { listener, instance } = this.#options;
    const openedAt = new Date(openedAtMs).toISOString();
    return { connection: id, instance, listener, remote, local, openedAt };
  }

  #publish(event: CloudEvent): void {
    const outcome = this.#settle(event).finally(() => this.#outstanding.delete(outcome));
    this.#outstanding.add(outcome);
  }

  async #settle(event: CloudEvent): Promise<void> {
    try {
      await this.#options.bus.publish(event);
    } catch (error) {
      this.counts.lostEvents++;
      this.#quiet.warn("lost", { err: toError(error) }, "connection event lost");
    }
  }
}

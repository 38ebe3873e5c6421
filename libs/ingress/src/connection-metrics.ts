import type { Meter } from "@fairlead/core";
import type { CloseReason, RefusalReason } from "@fairlead/socket";
import { metricPrefix } from "./ledger-metrics.ts";
import { followReasons, followTotal } from "./totals.ts";

/** The counts of the connections of one listener. Plain numbers: a scrape sees one moment. */
export class ConnectionCounts {
  opened = 0;
  /** tcp.opened and tcp.closed events that the bus did not take. */
  lostEvents = 0;
  /** Received bytes that no session read. */
  discardedBytes = 0;
  /** Connections that are over, by reason. */
  readonly closed = new Map<string, number>();
  /** Connections that the admission refused, by reason. */
  readonly refused = new Map<RefusalReason, number>();

  static up<Reason>(counts: Map<Reason, number>, reason: Reason): void {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
}

const closeReasons: Readonly<Record<CloseReason, true>> = {
  "peer-ended": true,
  "peer-reset": true,
  local: true,
  "first-byte-timeout": true,
  "frame-timeout": true,
  "idle-timeout": true,
  "total-timeout": true,
  "send-timeout": true,
  drain: true,
  framing: true,
  error: true,
};

const refusalReasons: Readonly<Record<RefusalReason, true>> = {
  connections: true,
  "connections-per-address": true,
  "open-files": true,
  "accept-rate": true,
  denied: true,
  draining: true,
};

export interface ConnectionMetricsOptions {
  /** "tcp-gateway": the metrics are called fairlead_tcp_gateway_... */
  readonly service: string;
  readonly listener: string;
  /** Reasons of closing beside those of libs/socket. Every known reason stands at 0 from the start. */
  readonly closeReasons?: readonly string[];
}

/**
 * Shows the counts at every scrape. Dispose to stop.
 *
 * @param countOpen gives the number of connections that are open now
 */
export function showConnections(
  counts: ConnectionCounts,
  countOpen: () => number,
  meter: Meter,
  options: ConnectionMetricsOptions,
): Disposable {
  const { service, listener } = options;
  const prefix = metricPrefix(service);
  const label = { listener };
  const counter = (name: string, help: string, ...labels: string[]) =>
    meter.counter({ name: `${prefix}${name}_total`, help, labels: ["listener", ...labels] });
  const total = (name: string, help: string) => followTotal(counter(name, help), label);
  const byReason = (name: string, help: string, known: readonly string[]) =>
    followReasons(counter(name, help, "reason"), label, known);
  const open = meter.gauge({
    name: `${prefix}connections`,
    help: "Connections that are open",
    labels: ["listener"],
  });
  const opened = total("opened_connections", "Connections that were admitted");
  const closed = byReason("closed_connections", "Connections that are over", [
    ...Object.keys(closeReasons),
    ...(options.closeReasons ?? []),
  ]);
  const refused = byReason(
    "refused_connections",
    "Connections that were reset because they were not admitted",
    Object.keys(refusalReasons),
  );
  const lost = total("lost_connection_events", "tcp.opened and tcp.closed events that the bus did not take");
  const discarded = total("discarded_bytes", "Received bytes that came behind the end of the reading");
  return meter.onScrape(() => {
    discarded(counts.discardedBytes);
    open.set(countOpen(), label);
    opened(counts.opened);
    for (const [reason, count] of counts.closed) closed(reason, count);
    for (const [reason, count] of counts.refused) refused(reason, count);
    lost(counts.lostEvents);
  });
}

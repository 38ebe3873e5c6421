import type { Meter } from "@fairlead/core";
import type { Ledger, LedgerSnapshot } from "./ledger.ts";
import { followReasons, followTotal } from "./totals.ts";

export interface LedgerMetricsOptions {
  /** "tcp-gateway": its metrics are called fairlead_tcp_gateway_... */
  readonly service: string;
  readonly listener: string;
  /** What is counted, in the plural: a part of the metrics' names. */
  readonly unit: "records" | "datagrams";
  /** The reasons of a rejection that are known beforehand: they stand at 0 from the start. */
  readonly reasons: Iterable<string>;
  /** False: only the bytes that were received are known. */
  readonly hasBytes: boolean;
}

/** The beginning of the names of a service's metrics. */
export const metricPrefix = (service: string) => `fairlead_${service.replaceAll("-", "_")}_`;

/** Shows a ledger at every scrape, all of it at the same moment: its sum closes. Dispose to stop. */
export function showLedger(ledger: Ledger, meter: Meter, options: LedgerMetricsOptions): Disposable {
  const show = ledgerMetrics(meter, options);
  return meter.onScrape(() => show(ledger.snapshot()));
}

function ledgerMetrics(meter: Meter, options: LedgerMetricsOptions): (snapshot: LedgerSnapshot) => void {
  const { service, listener, unit, reasons, hasBytes } = options;
  const prefix = metricPrefix(service);
  const label = { listener };
  const counter = (name: string, help: string, ...labels: string[]) =>
    meter.counter({ name: `${prefix}${name}_total`, help, labels: ["listener", ...labels] });
  const gauge = (name: string, help: string) =>
    meter.gauge({ name: `${prefix}${name}`, help, labels: ["listener"] });
  const total = (name: string, help: string) => followTotal(counter(name, help), label);
  const byReason = (name: string, help: string) =>
    followReasons(counter(name, help, "reason"), label, reasons);

  const thing = unit === "records" ? "Records" : "Datagrams";
  const received = total(`received_${unit}`, `${thing} that came in whole`);
  const receivedBytes = total("received_bytes", `Payload of the ${unit} that came in`);
  const published = total(`published_${unit}`, `${thing} that are durable`);
  const rejected = byReason(`rejected_${unit}`, `${thing} that came in and did not become durable`);
  const pending = gauge(`pending_${unit}`, `${thing} that came in and are not decided yet`);
  const bytes = hasBytes && {
    published: total("published_bytes", `Payload of the ${unit} that are durable`),
    rejected: byReason("rejected_bytes", `Payload of the rejected ${unit}, as far as it was kept`),
    pending: gauge("pending_bytes", `Payload of the ${unit} that are not decided yet`),
  };
  return (now) => {
    received(now.received.count);
    receivedBytes(now.received.bytes);
    published(now.published.count);
    pending.set(now.pending.count, label);
    for (const [reason, { count }] of Object.entries(now.rejected)) rejected(reason, count);
    if (!bytes) return;
    bytes.published(now.published.bytes);
    bytes.pending.set(now.pending.bytes, label);
    for (const [reason, tally] of Object.entries(now.rejected)) bytes.rejected(reason, tally.bytes);
  };
}

import type { Counter, Meter } from "@fairlead/core";
import type { CountersSnapshot, SourcedSnapshot } from "./counters.ts";

const prefix = "fairlead_tcp_gateway_";

/** Shows the snapshots of one or several processes as one set of metrics. Counters never go back, also when a process is gone. */
export class GatewayMetrics {
  readonly #meter: Meter;
  readonly #shown = new Map<string, number>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** @param snapshots of every process, those that are gone included: their counts stay in the sums */
  show(snapshots: readonly SourcedSnapshot[]): void {
    const gauges = new Map<string, { connections: number; records: number; bytes: number }>();
    for (const [source, snapshot] of snapshots) {
      this.#showCounters(source, snapshot);
      const sum = gauges.get(snapshot.listener) ?? { connections: 0, records: 0, bytes: 0 };
      gauges.set(snapshot.listener, sum);
      sum.connections += snapshot.connections;
      sum.records += snapshot.pending.records;
      sum.bytes += snapshot.pending.bytes;
    }
    for (const [listener, { connections, records, bytes }] of gauges) {
      this.#gauge("connections", "Connections that are open.").set(connections, { listener });
      this.#gauge("records_pending", "Records on their way to the bus.").set(records, { listener });
      this.#gauge("pending_bytes", "Payload of the records on their way to the bus.").set(bytes, {
        listener,
      });
    }
  }

  #showCounters(source: string, snapshot: CountersSnapshot): void {
    const { listener, received, published, rejected } = snapshot;
    const count = (name: string, help: string, value: number, reason?: string) => {
      const labels = reason === undefined ? { listener } : { listener, reason };
      this.#follow(
        `${source} ${listener} ${name} ${reason ?? ""}`,
        this.#counter(name, help, labels),
        value,
        labels,
      );
    };
    count("records_received_total", "Records that came in whole.", received.records);
    count("received_bytes_total", "Payload of the records that came in.", received.bytes);
    count("records_published_total", "Records that are durable.", published.records);
    count("published_bytes_total", "Payload of the records that are durable.", published.bytes);
    for (const [reason, { records, bytes }] of Object.entries(rejected)) {
      count("records_rejected_total", "Records that came in and did not become durable.", records, reason);
      count("rejected_bytes_total", "Payload of the rejected records, as far as it was kept.", bytes, reason);
    }
    count("records_truncated_total", "Published records that were cut at the cap.", snapshot.truncated);
    count("acks_sent_total", "OK lines written.", snapshot.acks);
    count("connections_opened_total", "Connections taken.", snapshot.opened);
    for (const [reason, closed] of Object.entries(snapshot.closed)) {
      count("connections_closed_total", "Connections that are over.", closed, reason);
    }
    for (const [reason, refused] of Object.entries(snapshot.refused)) {
      count("connections_refused_total", "Connections that were turned away.", refused, reason);
    }
    const lost = snapshot.lostLifecycleEvents;
    count("lifecycle_events_lost_total", "tcp.opened and tcp.closed that the bus did not take.", lost);
  }

  #follow(key: string, counter: Counter, value: number, labels: Readonly<Record<string, string>>): void {
    const before = this.#shown.get(key);
    if (value === before) return;
    this.#shown.set(key, value);
    counter.increment(value - (before ?? 0), labels);
  }

  #counter(name: string, help: string, labels: object): Counter {
    return this.#meter.counter({ name: `${prefix}${name}`, help, labels: Object.keys(labels) });
  }

  #gauge(name: string, help: string) {
    return this.#meter.gauge({ name: `${prefix}${name}`, help, labels: ["listener"] });
  }
}

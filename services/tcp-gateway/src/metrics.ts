import type { BusErrorCode } from "@fairlead/bus";
import type { Counter, Meter } from "@fairlead/core";
import type { CloseReason, FramingErrorCode, RefusalReason } from "@fairlead/socket";
import { Counters, type CountersSnapshot, type SourcedSnapshot } from "./counters.ts";
import type { Tally } from "./ledger.ts";

const prefix = "fairlead_tcp_gateway_";

/** Every reason that is known beforehand: all are counted from 0, so that the first of its kind is seen as one. */
type RecordRejection =
  | "dropped"
  | "closing"
  | "worker_lost"
  | Lowercase<Extract<FramingErrorCode, `FRAME_${"TOO_LARGE" | "INVALID" | "INCOMPLETE"}`>>
  | Lowercase<Exclude<BusErrorCode, "LOG_IN_USE" | "LOG_TOO_NEW">>;

const none: Tally = { records: 0, bytes: 0 };

const rejections: Readonly<Record<RecordRejection, Tally>> = {
  dropped: none,
  closing: none,
  worker_lost: none,
  frame_too_large: none,
  frame_invalid: none,
  frame_incomplete: none,
  log_full: none,
  event_too_large: none,
  bus_overloaded: none,
  bus_closed: none,
  bus_failed: none,
};

const closings: Readonly<Record<CloseReason | "publish-failed", number>> = {
  "peer-ended": 0,
  "peer-reset": 0,
  local: 0,
  "first-byte-timeout": 0,
  "frame-timeout": 0,
  "idle-timeout": 0,
  "total-timeout": 0,
  "send-timeout": 0,
  drain: 0,
  framing: 0,
  error: 0,
  "publish-failed": 0,
};

const refusals: Readonly<Record<RefusalReason, number>> = {
  connections: 0,
  "connections-per-address": 0,
  "accept-rate": 0,
  denied: 0,
  draining: 0,
};

/** Shows the snapshots of one or several processes as one set of metrics. Counters never go back, also when a process is gone. */
export class GatewayMetrics {
  readonly #meter: Meter;
  readonly #shown = new Map<string, number>();

  /** @param listeners their names: what is counted of them is shown from 0 on */
  constructor(meter: Meter, listeners: readonly string[]) {
    this.#meter = meter;
    this.show(
      listeners.map((listener) => {
        const zero = new Counters().snapshot(listener, 0);
        return ["start", { ...zero, rejected: rejections, closed: closings, refused: refusals }];
      }),
    );
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
      this.#gauge("pending_records", "Records on their way to the bus.").set(records, { listener });
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
    count("received_records_total", "Records that came in whole.", received.records);
    count("received_bytes_total", "Payload of the records that came in.", received.bytes);
    count("published_records_total", "Records that are durable.", published.records);
    count("published_bytes_total", "Payload of the records that are durable.", published.bytes);
    for (const [reason, { records, bytes }] of Object.entries(rejected)) {
      count("rejected_records_total", "Records that came in and did not become durable.", records, reason);
      count("rejected_bytes_total", "Payload of the rejected records, as far as it was kept.", bytes, reason);
    }
    count("truncated_records_total", "Published records that were cut at the cap.", snapshot.truncated);
    count("sent_acks_total", "OK lines written.", snapshot.acks);
    count("opened_connections_total", "Connections taken.", snapshot.opened);
    for (const [reason, closed] of Object.entries(snapshot.closed)) {
      count("closed_connections_total", "Connections that are over.", closed, reason);
    }
    for (const [reason, refused] of Object.entries(snapshot.refused)) {
      count("refused_connections_total", "Connections that were turned away.", refused, reason);
    }
    const lost = snapshot.lostLifecycleEvents;
    count("lost_lifecycle_events_total", "tcp.opened and tcp.closed that the bus did not take.", lost);
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

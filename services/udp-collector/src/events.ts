import { type Logger, type Meter, toError } from "@fairlead/core";
import type { ReceiveBuffer } from "@fairlead/socket";
import { metricPrefix as prefix } from "./counters.ts";
import type { LedgerSnapshot } from "./ledger.ts";

/** While the same thing goes on happening it is logged at most this often. It is counted every time. */
const quietMs = 10_000;

function createMetrics(meter: Meter) {
  const counter = (name: string, help: string, ...labels: string[]) =>
    meter.counter({ name: `${prefix}_${name}_total`, help, labels: ["listener", ...labels] });
  const gauge = (name: string, help: string, ...labels: string[]) =>
    meter.gauge({ name: `${prefix}_${name}`, help, labels: ["listener", ...labels] });
  return {
    received: counter("received_datagrams", "Datagrams taken from the kernel"),
    receivedBytes: counter("received_bytes", "Payload bytes taken from the kernel"),
    published: counter("published_datagrams", "Datagrams whose event is durable"),
    rejected: counter("rejected_datagrams", "Datagrams that became part of no event", "reason"),
    pending: gauge("pending_datagrams", "Datagrams that wait for their event to be durable"),
    kernelDropped: counter(
      "kernel_dropped_datagrams",
      "Datagrams that the kernel dropped; absent where it does not say",
    ),
    buffer: gauge("receive_buffer_bytes", "Receive buffer of the socket", "measure"),
    retries: counter("publish_retries", "Attempts to publish that failed and were repeated"),
    repliesFailed: counter("failed_replies", "Replies that could not be sent"),
    socketErrors: counter("socket_errors", "Errors of the socket that belong to no datagram"),
  };
}

/** The business events of one listener: the log line and the metric together. */
export interface ListenerEvents {
  /** The log line is the engine's, from the endpoint and its warning. */
  bound(buffer: ReceiveBuffer): void;
  /** Brings the metrics to the ledger: all at once, so that they close at every scrape. */
  ledger(snapshot: LedgerSnapshot): void;
  publishRetried(error: unknown, attempt: number, delayMs: number, pending: number): void;
  publishRecovered(attempts: number): void;
  rejected(reason: string, datagrams: number, error: unknown): void;
  overflowed(datagrams: number): void;
  replyFailed(error: unknown): void;
  socketFailed(error: unknown): void;
  gaveUp(pending: number): void;
  closed(snapshot: LedgerSnapshot): void;
}

export function createListenerEvents(
  name: string,
  { logger: parent, meter, nowMs }: { logger: Logger; meter: Meter; nowMs: () => number },
): ListenerEvents {
  const metrics = createMetrics(meter);
  const logger = parent.child({ listener: name });
  const label = { listener: name };
  // What is counted only when it happens is shown from the start, so that the first of its kind is seen as one.
  for (const counter of [metrics.retries, metrics.repliesFailed, metrics.socketErrors]) {
    counter.increment(0, label);
  }
  const lastLogged = new Map<string, number>();
  const isQuiet = (key: string) => {
    const now = nowMs();
    if (now - (lastLogged.get(key) ?? Number.NEGATIVE_INFINITY) < quietMs) return true;
    lastLogged.set(key, now);
    return false;
  };
  // Counters only grow, so each is moved by what came since the last scrape.
  const shown = new Map<string, number>();
  const advance = (counter: keyof typeof metrics, total: number, extra: Record<string, string> = {}) => {
    const key = `${counter} ${Object.values(extra).join(" ")}`;
    const more = total - (shown.get(key) ?? 0);
    shown.set(key, total);
    const metric = metrics[counter];
    if ("increment" in metric) metric.increment(Math.max(0, more), { ...label, ...extra });
  };

  return {
    bound(buffer) {
      metrics.buffer.set(buffer.grantedBytes, { ...label, measure: "granted" });
      metrics.buffer.set(buffer.askedBytes ?? buffer.grantedBytes, { ...label, measure: "asked" });
    },
    ledger(snapshot) {
      advance("received", snapshot.received);
      advance("receivedBytes", snapshot.receivedBytes);
      advance("published", snapshot.published);
      for (const [reason, count] of Object.entries(snapshot.rejected)) advance("rejected", count, { reason });
      if (snapshot.kernelDropped !== null) advance("kernelDropped", snapshot.kernelDropped);
      metrics.pending.set(snapshot.pending, label);
    },
    publishRetried(error, attempt, delayMs, pending) {
      metrics.retries.increment(1, label);
      if (!isQuiet("retry")) {
        logger.warn(
          { err: toError(error), attempt, delayMs, pending },
          "the bus took no event: datagrams wait, the attempt is repeated",
        );
      }
    },
    publishRecovered(attempts) {
      lastLogged.delete("retry");
      logger.info({ attempts }, "the bus takes events again");
    },
    rejected(reason, datagrams, error) {
      // The ledger has counted them; `ledger` brings the count to the metric.
      logger.error(
        { reason, datagrams, err: toError(error) },
        "the bus refused an event for good: its datagrams are lost",
      );
    },
    overflowed(datagrams) {
      if (!isQuiet("overflow"))
        logger.warn({ datagrams }, "more datagrams wait than the limit allows: the newest were dropped");
    },
    replyFailed(error) {
      metrics.repliesFailed.increment(1, label);
      if (!isQuiet("reply")) logger.warn({ err: toError(error) }, "a reply could not be sent");
    },
    socketFailed(error) {
      metrics.socketErrors.increment(1, label);
      if (!isQuiet("socket")) logger.warn({ err: toError(error) }, "the socket reported an error");
    },
    gaveUp: (pending) =>
      logger.error(
        { pending },
        "the time to stop is over and the bus has not taken these datagrams: they are lost",
      ),
    closed: (snapshot) => logger.info({ ...snapshot }, "closed: the ledger"),
  };
}

import { type Clock, type Logger, type Meter, toError } from "@fairlead/core";
import { QuietLog } from "@fairlead/ingress";
import type { ReceiveBuffer } from "@fairlead/socket";
import { createCounters, prefix } from "./counters.ts";
import type { LossSnapshot } from "./ledger.ts";

/** The business events of one listener: the log line and the metric together. The ledger has metrics of its own. */
export interface ListenerEvents {
  /** The log line is the engine's, from the endpoint and its warning. */
  bound(buffer: ReceiveBuffer): void;
  publishRetried(error: Error, attempt: number, delayMs: number, pending: number): void;
  publishRecovered(attempts: number): void;
  rejected(reason: string, datagrams: number, error: Error): void;
  overflowed(datagrams: number): void;
  replyFailed(error: unknown): void;
  socketFailed(error: unknown): void;
  gaveUp(pending: number): void;
  closed(snapshot: LossSnapshot): void;
}

const counters = {
  retries: { name: "publish_retries", help: "Attempts to publish that failed and were repeated" },
  repliesFailed: { name: "failed_replies", help: "Replies that could not be sent" },
  socketErrors: { name: "socket_errors", help: "Errors of the socket that belong to no datagram" },
} as const;

export function createListenerEvents(
  listener: string,
  parts: { readonly logger: Logger; readonly meter: Meter; readonly clock: Clock },
): ListenerEvents {
  const count = createCounters(counters, parts.meter, listener);
  const buffer = parts.meter.gauge({
    name: `${prefix}receive_buffer_bytes`,
    help: "Receive buffer of the socket",
    labels: ["listener", "measure"],
  });
  const logger = parts.logger.child({ listener });
  const quietly = new QuietLog(logger, parts.clock);
  return {
    bound({ grantedBytes, askedBytes = grantedBytes }) {
      buffer.set(grantedBytes, { listener, measure: "granted" });
      buffer.set(askedBytes, { listener, measure: "asked" });
    },
    publishRetried(error, attempt, delayMs, pending) {
      count.retries(1);
      const text = "the bus took no event: datagrams wait, the attempt is repeated";
      quietly.warn("retry", { err: error, attempt, delayMs, pending }, text);
    },
    publishRecovered(attempts) {
      quietly.forget("retry");
      logger.info({ attempts }, "the bus takes events again");
    },
    rejected(reason, datagrams, error) {
      const text = "the bus refused an event for good: its datagrams are lost";
      logger.error({ reason, datagrams, err: error }, text);
    },
    overflowed(datagrams) {
      const text = "more datagrams wait than the limit allows: the newest were dropped";
      quietly.warn("overflow", { datagrams }, text);
    },
    replyFailed(error) {
      count.repliesFailed(1);
      quietly.warn("reply", { err: toError(error) }, "a reply could not be sent");
    },
    socketFailed(error) {
      count.socketErrors(1);
      quietly.warn("socket", { err: toError(error) }, "the socket reported an error");
    },
    gaveUp(pending) {
      const text = "the time to stop is over and the bus has not taken these datagrams: they are lost";
      logger.error({ pending }, text);
    },
    closed: (snapshot) => logger.info({ ...snapshot }, "closed: the ledger"),
  };
}

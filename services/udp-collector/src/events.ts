import { type Clock, type Logger, type Meter, toError } from "@fairlead/core";
import { QuietLog } from "@fairlead/ingress";
import type { ReceiveBuffer } from "@fairlead/socket";
import { createCounters, prefix } from "./counters.ts";
import type { LossSnapshot } from "./ledger.ts";

const counters = {
  retries: { name: "publish_retries", help: "Attempts to publish that failed and were repeated" },
  repliesFailed: { name: "failed_replies", help: "Replies that could not be sent" },
  socketErrors: { name: "socket_errors", help: "Errors of the socket that belong to no datagram" },
} as const;

export type ListenerEvents = ReturnType<typeof createListenerEvents>;

/** The business events of one listener: the log line and the metric together. The ledger has metrics of its own. */
export function createListenerEvents(
  listener: string,
  parts: { readonly logger: Logger; readonly meter: Meter; readonly clock: Clock },
) {
  const count = createCounters(counters, parts.meter, listener);
  const buffer = parts.meter.gauge({
    name: `${prefix}receive_buffer_bytes`,
    help: "Receive buffer of the socket",
    labels: ["listener", "measure"],
  });
  const logger = parts.logger.child({ listener });
  const quietly = new QuietLog(logger, parts.clock);
  return {
    /** The log line is the engine's, from the endpoint and its warning. */
    bound({ grantedBytes, askedBytes = grantedBytes }: ReceiveBuffer) {
      buffer.set(grantedBytes, { listener, measure: "granted" });
      buffer.set(askedBytes, { listener, measure: "asked" });
    },
    publishRetried(error: Error, attempt: number, delayMs: number, pending: number) {
      count.retries(1);
      const text = "the bus took no event: datagrams wait, the attempt is repeated";
      quietly.warn("retry", { err: error, attempt, delayMs, pending }, text);
    },
    publishRecovered(attempts: number) {
      quietly.forget("retry");
      logger.info({ attempts }, "the bus takes events again");
    },
    rejected(reason: string, datagrams: number, error: Error) {
      const text = "the bus refused an event for good: its datagrams are lost";
      logger.error({ reason, datagrams, err: error }, text);
    },
    overflowed(datagrams: number) {
      const text = "more datagrams wait than the limit allows: the newest were dropped";
      quietly.warn("overflow", { datagrams }, text);
    },
    replyFailed(error: unknown) {
      count.repliesFailed(1);
      quietly.warn("reply", { err: toError(error) }, "a reply could not be sent");
    },
    socketFailed(error: unknown) {
      count.socketErrors(1);
      quietly.warn("socket", { err: toError(error) }, "the socket reported an error");
    },
    gaveUp(pending: number) {
      const text = "the time to stop is over and the bus has not taken these datagrams: they are lost";
      logger.error({ pending }, text);
    },
    closed: (snapshot: LossSnapshot) => logger.info({ ...snapshot }, "closed: the ledger"),
  };
}

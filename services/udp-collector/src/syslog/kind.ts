import { eventTypes, type UnparsedReason, unparsedReasons } from "@fairlead/contracts";
import { formatAddress } from "@fairlead/core";
import { isTimeZone, syslogLine, TimeZone } from "@fairlead/syslog";
import { z } from "zod";
import { BatchSession } from "../batch-session.ts";
import { listenerKind } from "../kind.ts";
import { cutLines } from "../pieces.ts";
import { batchKey, sharedKeys } from "../shared-keys.ts";

const configSchema = z
  .strictObject({
    ...sharedKeys,
    kind: z.literal("syslog"),
    batch: batchKey,
    timeZone: z
      .string()
      .refine(isTimeZone, { error: 'must be a time zone like "UTC" or "Europe/Berlin"' })
      .default("UTC")
      .describe("Zone of senders that give a timestamp without an offset (RFC 3164)"),
  })
  .describe("Syslog of RFC 5424 and RFC 3164");

/** One message a datagram, decoded; a message that cannot be read is published raw. */
export const syslog = listenerKind({
  name: "syslog",
  description: "syslog (RFC 5424, RFC 3164)",
  configSchema,
  eventType: eventTypes.udpSyslog,
  defaultListener: { name: "syslog", port: 5514 },
  tryWith: "logger -n {host} -P {port} -d hello",
  counters: {
    unparsed: {
      name: "syslog_unparsed_datagrams",
      help: "Syslog messages that were passed raw",
      reasons: unparsedReasons,
    },
  },
  createSession({ batch, timeZone }, parts) {
    const zone = new TimeZone(timeZone);
    const onUnparsed = (reason: UnparsedReason) => parts.counters.unparsed(1, reason);
    return new BatchSession(parts, {
      batch,
      cutter: (datagrams, firstSeq) =>
        cutLines((index) => {
          const arrival = {
            seq: firstSeq + index,
            receivedAtMicros: datagrams.receivedAtMicros(index),
            from: formatAddress(datagrams.source(index)),
          };
          return Buffer.from(syslogLine(datagrams.payload(index), arrival, zone, onUnparsed));
        }),
    });
  },
});

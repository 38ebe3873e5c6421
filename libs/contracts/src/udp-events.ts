import type { CloudEvent } from "@fairlead/core";
import { z } from "zod";
import { createEvent } from "./event.ts";
import { eventTypes, recordContainers } from "./names.ts";
import { type RecordsEventFields, recordsEvent } from "./tcp-events.ts";

/** One batch of datagrams of one listener; the subject is the listener. */
export function udpRecords(fields: RecordsEventFields): CloudEvent {
  return recordsEvent(eventTypes.udpRecords, fields);
}

/**
 * A syslog message as understood (RFC 5424, RFC 3164 and its common deviations). What cannot be parsed is `format: "raw"`
 * with the whole message and the problem: nothing is lost.
 */
export const syslogMessageSchema = z
  .object({
    seq: z.int().min(1).meta({ description: "Number of the datagram: firstseq + index" }),
    time: z.string().meta({ description: "When it was received, RFC 3339 with microseconds" }),
    from: z.string().optional().meta({ description: "host:port, or [host]:port for IPv6" }),
    format: z.enum(["rfc5424", "rfc3164", "raw"]),
    facility: z.int().min(0).max(23).optional(),
    severity: z.int().min(0).max(7).optional(),
    timestamp: z
      .string()
      .optional()
      .meta({ description: "The sender's own, RFC 3339 where it can be known" }),
    hostname: z.string().optional(),
    appName: z.string().optional(),
    procId: z.string().optional(),
    msgId: z.string().optional(),
    structuredData: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    message: z.string().optional(),
    messageBase64: z.base64().optional().meta({ description: "Instead of message where it is not UTF-8" }),
    problem: z.string().optional().meta({ description: "Why it is raw, or what was repaired" }),
  })
  .meta({ id: "SyslogMessage" });

export type SyslogMessage = z.infer<typeof syslogMessageSchema>;

const metricFields = {
  name: z.string(),
  tags: z.record(z.string(), z.string()),
};

/** What one metric came to in one flush interval. */
export const statsdMetricSchema = z
  .discriminatedUnion("type", [
    z.object({
      ...metricFields,
      type: z.literal("counter"),
      value: z.number().meta({ description: "Sum, scaled up by the sample rate" }),
      ratePerSecond: z.number(),
    }),
    z.object({ ...metricFields, type: z.literal("gauge"), value: z.number() }),
    z.object({
      ...metricFields,
      type: z.literal("set"),
      value: z.int().min(0).meta({ description: "Distinct members" }),
    }),
    z.object({
      ...metricFields,
      type: z.enum(["timer", "histogram", "distribution"]),
      count: z.number().meta({ description: "Scaled up by the sample rate" }),
      sum: z.number(),
      min: z.number(),
      max: z.number(),
      percentiles: z.record(z.string(), z.number()).meta({ description: 'By name: "p50", "p99"' }),
    }),
  ])
  .meta({ id: "StatsdMetric" });

export type StatsdMetric = z.infer<typeof statsdMetricSchema>;

export interface UdpBatchFields<Item> {
  readonly source: string;
  readonly listener: string;
  readonly items: readonly Item[];
  /** Number of the first item, counting from 1 per listener and instance. */
  readonly firstSeq: number;
  readonly timeMs?: number;
  readonly id?: string;
}

/** A batch of decoded syslog messages as NDJSON; the subject is the listener. */
export function udpSyslog(fields: UdpBatchFields<SyslogMessage>): CloudEvent {
  return ndjsonEvent(eventTypes.udpSyslog, fields);
}

/** The metrics of one flush as NDJSON, one a line; `intervalms` says over how long. The subject is the listener. */
export function udpStatsd(
  fields: UdpBatchFields<StatsdMetric> & { readonly intervalMs: number },
): CloudEvent {
  return ndjsonEvent(eventTypes.udpStatsd, fields, { intervalms: fields.intervalMs });
}

function ndjsonEvent(
  type: string,
  fields: UdpBatchFields<object>,
  extensions: Readonly<Record<string, number>> = {},
): CloudEvent {
  return createEvent({
    ...fields,
    type,
    subject: fields.listener,
    datacontenttype: recordContainers.ndjson,
    data: Buffer.from(fields.items.map((item) => `${JSON.stringify(item)}\n`).join("")),
    extensions: { recordcount: fields.items.length, firstseq: fields.firstSeq, ...extensions },
  });
}

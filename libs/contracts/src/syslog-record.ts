import { z } from "zod";

/**
 * The parts that are filled in where the sender left them out, and two faults of a header of RFC 5424 that is read all the same:
 * more than one space between fields, and an offset without its colon.
 */
export const assumedParts = ["priority", "year", "zone", "structured-data", "spaces", "offset"] as const;
export type AssumedPart = (typeof assumedParts)[number];

/** Why a message was not understood: the part that is missing or breaks the RFC. */
export const unparsedReasons = [
  "empty",
  "priority",
  "version",
  "timestamp",
  "hostname",
  "app-name",
  "proc-id",
  "msg-id",
  "structured-data",
  "encoding",
] as const;
export type UnparsedReason = (typeof unparsedReasons)[number];

const arrival = {
  seq: z
    .number()
    .int()
    .min(1)
    .describe("Place within the listener instance or the connection; <subject>:<seq> is the identity"),
  receivedAt: z.string().describe("When it was received: RFC 3339, UTC, microseconds"),
  from: z.string().describe("Sender: 192.0.2.1:514 or [2001:db8::1]:514; the path of a Unix socket"),
};

const priority = {
  facility: z.number().int().min(0).max(23),
  facilityName: z.string(),
  severity: z.number().int().min(0).max(7),
  severityName: z.string(),
};

const fields = {
  format: z.enum(["rfc5424", "rfc3164"]),
  version: z.literal(1).nullable().describe("VERSION of RFC 5424; null for RFC 3164"),
  timestamp: z.string().nullable().describe("RFC 3339, as the sender wrote it or completed to UTC"),
  hostname: z.string().nullable(),
  appName: z.string().nullable().describe("APP-NAME; the tag of RFC 3164"),
  procId: z.string().nullable(),
  msgId: z.string().nullable(),
  structuredData: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())]))),
};

/** A line of a `udp.syslog` or `tcp.syslog` event that was understood. */
export const parsedSyslogSchema = z.object({
  ...arrival,
  parsed: z.literal(true),
  ...priority,
  ...fields,
  message: z.string().describe("MSG without its BOM; U+FFFD stands for bytes that are not UTF-8"),
  messageBase64: z.string().optional().describe("The exact bytes of MSG, only where they are not UTF-8"),
  assumed: z
    .array(z.enum(assumedParts))
    .optional()
    .describe("What the sender left out, or wrote against the RFC, and how that was filled in or read"),
});

/**
 * A line of a `udp.syslog` or `tcp.syslog` event that was not understood. The message stands unchanged in `text`, or in `base64` where the
 * bytes are not UTF-8.
 */
export const unparsedSyslogSchema = z.object({
  ...arrival,
  parsed: z.literal(false),
  reason: z.enum(unparsedReasons),
  facility: priority.facility.optional(),
  facilityName: priority.facilityName.optional(),
  severity: priority.severity.optional(),
  severityName: priority.severityName.optional(),
  text: z.string().optional(),
  base64: z.string().optional(),
});

/** One line of the NDJSON of a `udp.syslog` or `tcp.syslog` event. */
export const syslogRecordSchema = z.discriminatedUnion("parsed", [parsedSyslogSchema, unparsedSyslogSchema]);

export type ParsedSyslog = z.infer<typeof parsedSyslogSchema>;
export type SyslogRecord = z.infer<typeof syslogRecordSchema>;

import { z } from "zod";
import { type CloudEvent, createEvent, type EventFields } from "./event.ts";
import { type EventType, eventTypes } from "./names.ts";

/** The parts of an event that carries records. */
export interface RecordsEventFields extends Pick<EventFields, "source" | "data" | "timeMs" | "id"> {
  /**
   * The connection id (tcp) or `<listener>/<instance>` (udp, where the numbers of records begin anew with each run of a listener).
   * The subject and the number of a record identify the record.
   */
  readonly subject: string;
  /** Media type of `data`: a record container, or the record's own where there is one record an event. */
  readonly datacontenttype: string;
  readonly recordCount: number;
  /** Number of the first record, counting from 1 for each subject. */
  readonly firstSeq: number;
  /** host:port of the sender, where neither subject nor container names the sender. */
  readonly from?: string;
  /** W3C Trace Context. */
  readonly traceparent?: string;
  /** True where the end of the stream has ended the last record, which may be cut. */
  readonly isPartial?: boolean;
}

/** The records of one batch of frames or datagrams, or of one flush. */
export function recordsEvent(
  type: EventType,
  fields: RecordsEventFields,
  extensions: Readonly<Record<string, number>> = {},
): CloudEvent {
  return createEvent({
    ...fields,
    type,
    extensions: {
      recordcount: fields.recordCount,
      firstseq: fields.firstSeq,
      from: fields.from,
      traceparent: fields.traceparent,
      partial: fields.isPartial || undefined,
      ...extensions,
    },
  });
}

/** One batch of frames of one connection; the subject is the connection's id. */
export function tcpRecords(fields: RecordsEventFields): CloudEvent {
  return recordsEvent(eventTypes.tcpRecords, fields);
}

/** One batch of decoded messages of syslog of one connection; the data is NDJSON (`syslogRecordSchema`). */
export function tcpSyslog(fields: RecordsEventFields): CloudEvent {
  return recordsEvent(eventTypes.tcpSyslog, fields);
}

/** One end of a socket. The `SocketAddress` of @fairlead/socket has this shape. */
export const socketAddressSchema = z.object({
  family: z.enum(["ipv4", "ipv6", "unix"]),
  host: z.string().meta({ description: "Address; the path for unix, empty for an unnamed peer" }),
  port: z.int().min(0).max(65_535).meta({ description: "0 for unix" }),
});

export const tlsIdentitySchema = z.object({
  protocol: z.string().meta({ description: "TLSv1.3" }),
  cipher: z.string(),
  serverName: z.string().optional().meta({ description: "What the client asked for (SNI)" }),
  peerSubject: z.string().optional().meta({ description: "Distinguished name in the client's certificate" }),
  peerFingerprint256: z.string().optional().meta({ description: "SHA-256 of the client's certificate" }),
});

export const tcpOpenedSchema = z.object({
  connection: z.string(),
  instance: z.string(),
  listener: z.string(),
  remote: socketAddressSchema,
  local: socketAddressSchema,
  openedAt: z.iso.datetime(),
  tls: tlsIdentitySchema.optional(),
});

export type TcpOpened = z.infer<typeof tcpOpenedSchema>;

export const tcpClosedSchema = tcpOpenedSchema.extend({
  closedAt: z.iso.datetime(),
  reason: z.string().meta({ description: "peer-ended, peer-reset, local, idle-timeout, framing, ..." }),
  bytesReceived: z.int().min(0),
  bytesSent: z.int().min(0),
  records: z.int().min(0).meta({ description: "Records of this connection that became durable" }),
  rejected: z
    .record(z.string(), z.int().min(0))
    .meta({ description: "Records that were received and did not become durable, by reason" }),
});

export type TcpClosed = z.infer<typeof tcpClosedSchema>;

export interface ConnectionEventFields<Data> {
  readonly source: string;
  readonly data: Data;
}

/** A connection was accepted; the subject is its id. */
export function tcpOpened(fields: ConnectionEventFields<TcpOpened>): CloudEvent {
  return connectionEvent(eventTypes.tcpOpened, fields);
}

/** A connection is over. The event comes after the last records of the connection. */
export function tcpClosed(fields: ConnectionEventFields<TcpClosed>): CloudEvent {
  return connectionEvent(eventTypes.tcpClosed, fields);
}

function connectionEvent(type: string, fields: ConnectionEventFields<TcpOpened>): CloudEvent {
  return createEvent({
    ...fields,
    type,
    subject: fields.data.connection,
    datacontenttype: "application/json",
    data: Buffer.from(JSON.stringify(fields.data)),
  });
}

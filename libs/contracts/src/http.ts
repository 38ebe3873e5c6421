import { z } from "zod";
import { udpListenerKinds } from "./names.ts";
import { socketAddressSchema, tlsIdentitySchema } from "./tcp-events.ts";

/** The bodies of the HTTP API. The OpenAPI document is generated from these schemas. */

const count = z.int().min(0);

/** One fault of a request: a place in the body, or the name of a path or query parameter, and what is wrong there. */
export const problemDetailSchema = z.object({
  pointer: z
    .string()
    .optional()
    .meta({ description: 'JSON pointer as a URI fragment (RFC 6901, 6): "#/spec/url"' }),
  parameter: z.string().optional(),
  detail: z.string(),
});

export type ProblemDetail = z.infer<typeof problemDetailSchema>;

/** Problem details (RFC 9457). There is no `instance`: `requestId` names the occurrence. */
export const problemSchema = z.object({
  type: z.string().meta({ description: "Stable: urn:fairlead:problem:<code in lower case>" }),
  title: z.string().meta({ description: "The status in words" }),
  status: z.int().min(400).max(599),
  code: z.string().meta({ description: "Stable, upper case: what a program branches on" }),
  detail: z.string().meta({ description: "What happened this time, and what is allowed" }),
  requestId: z.string().optional().meta({ description: "The x-request-id of the answer" }),
  errors: z
    .array(problemDetailSchema)
    .optional()
    .meta({ description: "For bad input, one per fault; `detail` above has them all in words" }),
});

export type Problem = z.infer<typeof problemSchema>;

/** The data of `event: gap` in the event stream: offsets that a reader has asked for and that will not come. */
export const eventGapSchema = z.object({
  first: count.meta({ description: "Offset of the first event that is not kept any more" }),
  last: count.meta({ description: "And of the last" }),
  detail: z.string().meta({ description: "The same in words" }),
});

export type EventGap = z.infer<typeof eventGapSchema>;

export const tcpConnectionSchema = z.object({
  id: z.string(),
  instance: z.string(),
  listener: z.string(),
  remote: socketAddressSchema,
  local: socketAddressSchema.optional(),
  openedAt: z.iso.datetime(),
  tls: tlsIdentitySchema.optional(),
  bytesReceived: count.optional().meta({ description: "Known only to the instance that holds it" }),
  bytesSent: count.optional(),
  records: count.optional().meta({ description: "Durable so far" }),
});

export type TcpConnection = z.infer<typeof tcpConnectionSchema>;

export const tcpConnectionsPageSchema = z.object({
  connections: z.array(tcpConnectionSchema),
  next: z
    .string()
    .optional()
    .meta({ description: "Give it as `after` for the next page; absent on the last" }),
});

export type TcpConnectionsPage = z.infer<typeof tcpConnectionsPageSchema>;

/** The loss ledger: received = published + all of rejected + pending. What the kernel dropped never reached the process. */
export const ledgerSchema = z.object({
  received: count,
  published: count,
  rejected: z.record(z.string(), count).meta({ description: "By reason" }),
  pending: count,
});

export type Ledger = z.infer<typeof ledgerSchema>;

export const udpListenerSchema = z.object({
  name: z.string(),
  kind: z.enum(udpListenerKinds),
  local: socketAddressSchema,
  ledger: ledgerSchema,
  receivedBytes: count,
  kernelDropped: count.nullable().meta({ description: "null where the system cannot tell" }),
  receiveBuffer: z.object({
    askedBytes: count,
    grantedBytes: count,
    isShort: z.boolean().meta({ description: "The kernel granted less than was asked" }),
  }),
});

export type UdpListener = z.infer<typeof udpListenerSchema>;

export const udpListenersSchema = z.object({ instance: z.string(), listeners: z.array(udpListenerSchema) });

export type UdpListeners = z.infer<typeof udpListenersSchema>;

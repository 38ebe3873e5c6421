/**
 * What services say to each other and to the outside: event types, record containers, wire forms of an event, HTTP
 * bodies. Pure: no input or output.
 *
 * @module
 */
export {
  type AmqpMessage,
  amqpAttributes,
  amqpSentAtMs,
  fromAmqp,
  toAmqp,
} from "./amqp.ts";
export { decodeRecords } from "./decode-records.ts";
export { encodeLines, encodeNdjson, encodeRecords } from "./encode-records.ts";
export { ContractError, type ContractErrorCode } from "./errors.ts";
export { createEvent, type EventFields, isExtensionName } from "./event.ts";
export {
  type EventGap,
  eventGapSchema,
  type Ledger,
  ledgerSchema,
  type Problem,
  type ProblemDetail,
  problemDetailSchema,
  problemSchema,
  structuredEventSchema,
  type TcpConnection,
  type TcpConnectionsPage,
  tcpConnectionSchema,
  tcpConnectionsPageSchema,
  type UdpListener,
  type UdpListeners,
  udpListenerSchema,
  udpListenersSchema,
} from "./http.ts";
export {
  eventTypes,
  recordContainers,
  type ServiceName,
  scopes,
  serviceNames,
  topicPattern,
} from "./names.ts";
export {
  type DecodedRecord,
  type FrameRecords,
  formatMicros,
  framesAsRecords,
  type RecordAddress,
  type Records,
} from "./records.ts";
export { parseOffset, toServerSentEvent } from "./sse.ts";
export {
  type BadLineReason,
  badLineReasons,
  type StatsdRecord,
  statsdRecordSchema,
} from "./statsd-record.ts";
export {
  fromStructuredJson,
  type StructuredEvent,
  structuredMediaType,
  toStructuredJson,
} from "./structured.ts";
export {
  type AssumedPart,
  assumedParts,
  type ParsedSyslog,
  parsedSyslogSchema,
  type SyslogRecord,
  syslogRecordSchema,
  type UnparsedReason,
  unparsedReasons,
  unparsedSyslogSchema,
} from "./syslog-record.ts";
export {
  type ConnectionEventFields,
  type RecordsEventFields,
  socketAddressSchema,
  type TcpClosed,
  type TcpOpened,
  tcpClosed,
  tcpClosedSchema,
  tcpOpened,
  tcpOpenedSchema,
  tcpRecords,
  tlsIdentitySchema,
} from "./tcp-events.ts";
export { udpRecords, udpStatsd, udpSyslog } from "./udp-events.ts";

/**
 * Layer 1: the words that services say to each other and to the outside: event types, record containers, wire forms of an event,
 * HTTP bodies. All functions are pure.
 *
 * @module
 */
export { type AmqpMessage, amqpAttributes, amqpSentAtMs, fromAmqp, toAmqp } from "./amqp.ts";

export { decodeRecords } from "./decode-records.ts";
export { encodeLines, encodeNdjson, encodeRecords } from "./encode-records.ts";
export { ContractError } from "./errors.ts";
export { type CloudEvent, createEvent } from "./event.ts";
export {
  type EventGap,
  eventGapSchema,
  type Problem,
  type ProblemDetail,
  problemSchema,
  type TcpConnection,
  type TcpConnectionsPage,
  tcpConnectionSchema,
  tcpConnectionsPageSchema,
  type UdpListener,
  type UdpListeners,
  udpListenersSchema,
} from "./http.ts";
export {
  type EventType,
  eventTypes,
  recordContainers,
  type ServiceName,
  scopes,
  serviceNames,
  topicPattern,
  type UdpEventType,
  type UdpListenerKind,
  udpListenerKinds,
} from "./names.ts";
export { type DecodedRecord, formatMicros, framesAsRecords } from "./records.ts";
export { parseOffset, toServerSentEvent } from "./sse.ts";
export {
  type BadLineReason,
  badLineReasons,
  type StatsdRecord,
  statsdRecordSchema,
} from "./statsd-record.ts";
export { fromStructuredJson, toStructuredJson } from "./structured.ts";
export {
  type AssumedPart,
  type ParsedSyslog,
  parsedSyslogSchema,
  type SyslogRecord,
  syslogRecordSchema,
  type UnparsedReason,
  unparsedReasons,
  unparsedSyslogSchema,
} from "./syslog-record.ts";
export {
  recordsEvent,
  type TcpClosed,
  type TcpOpened,
  tcpClosed,
  tcpOpened,
  tcpRecords,
  tcpSyslog,
} from "./tcp-events.ts";

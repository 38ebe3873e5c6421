/**
 * The UDP collector: raw datagrams, syslog and statsd become durable events, with every lost datagram counted.
 *
 * @module
 */
export { udpCollector } from "./service.ts";
export { type StatsdRecord, statsdRecordSchema } from "./statsd/record.ts";
export { type SyslogRecord, syslogRecordSchema } from "./syslog/record.ts";

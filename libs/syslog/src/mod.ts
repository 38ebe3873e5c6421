/**
 * Layer 2: syslog as devices really write it. RFC 5424 and RFC 3164 with the deviations of the field become records. All functions
 * are pure, and any bytes give a record.
 *
 * @module
 */
export { type Arrival, syslogLine } from "./line.ts";
export { parseSyslog, type SyslogContext, type SyslogMessage, type UnknownMessage } from "./parse.ts";
export { isTimeZone, TimeZone } from "./time-zone.ts";

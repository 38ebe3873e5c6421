/**
 * Every service of the suite. A service has one name as folder, package, image, chart, metric label and section of the
 * configuration.
 */
export const serviceNames = [
  "tcp-gateway",
  "udp-collector",
  "upload-receiver",
  "command-executor",
  "ftp-bridge",
  "http-fetcher",
] as const;

export type ServiceName = (typeof serviceNames)[number];

/** The rights that a bearer token may have. The routes of all services ask for these. `admin` stands for all of them. */
export const scopes = {
  "events:read": "read and follow the log (tail)",
  "tcp:read": "see who is connected over TCP",
  "tcp:write": "close TCP connections",
  "udp:read": "see the UDP listeners and their loss ledgers",
  "metrics:read": "scrape /metrics, and see the words of /readyz",
  admin: "everything",
} as const;

/** The types of all events (docs/reference/events.md). */
export const eventTypes = {
  tcpRecords: "dev.fairlead.tcp.records",
  tcpOpened: "dev.fairlead.tcp.opened",
  tcpClosed: "dev.fairlead.tcp.closed",
  udpRecords: "dev.fairlead.udp.records",
  udpSyslog: "dev.fairlead.udp.syslog",
  udpStatsd: "dev.fairlead.udp.statsd",
} as const;

export type EventType = (typeof eventTypes)[keyof typeof eventTypes];

/** The kinds of UDP listeners. Each has a folder of this name in services/udp-collector/src. */
export const udpListenerKinds = ["raw", "syslog", "statsd"] as const;

export type UdpListenerKind = (typeof udpListenerKinds)[number];

/** Record containers: the `datacontenttype` of events that carry records. */
export const recordContainers = {
  lines: "application/vnd.fairlead.lines",
  records: "application/vnd.fairlead.records",
  ndjson: "application/x-ndjson",
} as const;

/**
 * A pattern over routing keys as `/v1/events` takes one: words, `*` and `#`. The length is bounded, so that every match stays
 * cheap.
 */
export const topicPattern = /^(?=.{1,200}$)([\w*-]+|#)(\.([\w*-]+|#)){0,9}$/;

/**
 * Every service of the suite, those that are not written yet too. A service has one name as folder, package, image, metric label
 * and section of the configuration.
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
  tcpSyslog: "dev.fairlead.tcp.syslog",
  tcpOpened: "dev.fairlead.tcp.opened",
  tcpClosed: "dev.fairlead.tcp.closed",
  udpRecords: "dev.fairlead.udp.records",
  udpSyslog: "dev.fairlead.udp.syslog",
  udpStatsd: "dev.fairlead.udp.statsd",
} as const;

export type EventType = (typeof eventTypes)[keyof typeof eventTypes];
export type UdpEventType = Extract<EventType, `dev.fairlead.udp.${string}`>;

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

/** The beginning of every event type of Fairlead. The rest of the type is the routing key. */
export const eventTypePrefix = "dev.fairlead.";

/** "dev.fairlead.tcp.records" -> "tcp.records". The routing key of a foreign type is the type itself. */
export function routingKey(type: string): string {
  return type.startsWith(eventTypePrefix) ? type.slice(eventTypePrefix.length) : type;
}

/**
 * True when the routing key matches the pattern by the rules of an AMQP topic exchange (AMQP 0-9-1, 3.1.3.3). Dots separate words,
 * `*` stands for one word, `#` for any number of words.
 */
export function matchesTopic(pattern: string, key: string): boolean {
  const patternWords = pattern.split(".");
  const keyWords = key.split(".");
  let p = 0;
  // The place of the last `#`, and the first word behind the words that this `#` stands for. Only the last `#` ever has to take
  // more words, so a pattern from outside costs at most the product of both lengths.
  let hash = -1;
  let afterHash = 0;
  for (let k = 0; k < keyWords.length; ) {
    if (patternWords[p] === "#") {
      hash = p++;
      afterHash = k;
    } else if (patternWords[p] === "*" || patternWords[p] === keyWords[k]) {
      p++;
      k++;
    } else if (hash !== -1) {
      p = hash + 1;
      k = ++afterHash;
    } else {
      return false;
    }
  }
  while (patternWords[p] === "#") p++;
  return p === patternWords.length;
}

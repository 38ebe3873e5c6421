/** RFC 5424, table 1; the names are those of syslog.conf (facilities 12 to 15 have none there). */
export const facilityNames = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "clock",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const;

/** RFC 5424, table 2. */
export const severityNames = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"] as const;

export interface Priority {
  readonly facility: number;
  readonly facilityName: string;
  readonly severity: number;
  readonly severityName: string;
}

const priorities: readonly Priority[] = Array.from({ length: 192 }, (_, value) => ({
  facility: value >> 3,
  facilityName: facilityNames[value >> 3]!,
  severity: value & 7,
  severityName: severityNames[value & 7]!,
}));

/** What a relay assumes where the message has no PRI: user.notice (RFC 3164, 4.3.3). */
export const assumedPriority = priorities[13]!;

const pri = /<(\d{1,3})>/y;

/**
 * The PRI part at the start of a message. "missing" when the text does not begin with "<", "invalid" when it does and
 * no number up to 191 in angle brackets follows (RFC 5424, 6.2.1).
 */
export function parsePriority(text: string): { priority: Priority; end: number } | "missing" | "invalid" {
  if (text.charCodeAt(0) !== 0x3c) return "missing";
  pri.lastIndex = 0;
  const match = pri.exec(text);
  const priority = match ? priorities[Number(match[1])] : undefined;
  return priority === undefined ? "invalid" : { priority, end: pri.lastIndex };
}

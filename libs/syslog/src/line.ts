import { formatMicros, type UnparsedReason } from "@fairlead/contracts";
import { parseSyslog } from "./parse.ts";
import type { TimeZone } from "./time-zone.ts";

/** Who sent a message, and when it came. */
export interface Arrival {
  readonly seq: number;
  readonly receivedAtMicros: number;
  /** host:port */
  readonly from: string;
}

/**
 * The message as a line of NDJSON, as `syslogRecordSchema` says, with its line end.
 *
 * @param zone of senders that give no offset
 * @param onUnparsed is told why a message could not be read
 */
export function syslogLine(
  message: Buffer,
  { seq, receivedAtMicros, from }: Arrival,
  zone: TimeZone,
  onUnparsed: (reason: UnparsedReason) => void,
): string {
  const parsed = parseSyslog(message, { receivedAtMs: Math.floor(receivedAtMicros / 1_000), zone });
  if (!parsed.parsed) onUnparsed(parsed.reason);
  return `${JSON.stringify({ seq, receivedAt: formatMicros(receivedAtMicros), from, ...parsed })}\n`;
}

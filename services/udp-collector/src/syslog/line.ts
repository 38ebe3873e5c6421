import type { UnparsedReason } from "@fairlead/contracts";
import { parseSyslog, type TimeZone } from "@fairlead/syslog";
import { messageLine, type Selection } from "../pieces.ts";

/** A line as `syslogRecordSchema` says. @param onUnparsed is told why a datagram could not be read */
export function syslogLine(
  datagrams: Selection,
  index: number,
  seq: number,
  zone: TimeZone,
  onUnparsed: (reason: UnparsedReason) => void,
): Buffer {
  const receivedAtMs = Math.floor(datagrams.receivedAtMicros(index) / 1_000);
  const message = parseSyslog(datagrams.payload(index), { receivedAtMs, zone });
  if (!message.parsed) onUnparsed(message.reason);
  return messageLine(datagrams, index, seq, message);
}

import { formatMicros, type UnparsedReason } from "@fairlead/contracts";
import { formatAddress } from "@fairlead/core";
import type { Selection } from "../pieces.ts";
import { parseSyslog } from "./parse.ts";
import type { TimeZone } from "./time-zone.ts";

/** A line as `syslogRecordSchema` says. @param onUnparsed is told why a datagram could not be read */
export function syslogLine(
  datagrams: Selection,
  index: number,
  seq: number,
  zone: TimeZone,
  onUnparsed: (reason: UnparsedReason) => void,
): Buffer {
  const micros = datagrams.receivedAtMicros(index);
  const message = parseSyslog(datagrams.payload(index), { receivedAtMs: Math.floor(micros / 1_000), zone });
  if (!message.parsed) onUnparsed(message.reason);
  const from = formatAddress(datagrams.source(index));
  return Buffer.from(`${JSON.stringify({ seq, receivedAt: formatMicros(micros), from, ...message })}\n`);
}

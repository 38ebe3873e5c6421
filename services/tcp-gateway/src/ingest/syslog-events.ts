import { type CloudEvent, recordContainers, tcpSyslog, type UnparsedReason } from "@fairlead/contracts";
import { type Clock, formatAddress } from "@fairlead/core";
import type { Connection, FrameBatch } from "@fairlead/socket";
import { syslogLine, TimeZone } from "@fairlead/syslog";

/**
 * Makes the events of a listener that decodes syslog: the records that the UDP collector would give.
 *
 * @param source "/tcp-gateway/<instance>/<listener>"
 * @param onUnparsed is told why a message could not be read; such a message is in the event as it came
 */
export function createSyslogEvents(
  timeZone: string,
  source: string,
  clock: Clock,
  onUnparsed: (reason: UnparsedReason) => void,
): (frames: FrameBatch, connection: Connection, firstSeq: number) => CloudEvent {
  const zone = new TimeZone(timeZone);
  return (frames, { id: subject, remote }, firstSeq) => {
    const timeMs = clock.nowMs();
    const receivedAtMicros = timeMs * 1_000;
    const from = remote.family === "unix" ? remote.host : formatAddress(remote);
    let data = "";
    for (let index = 0; index < frames.count; index++) {
      data += syslogLine(
        frames.frame(index),
        { seq: firstSeq + index, receivedAtMicros, from },
        zone,
        onUnparsed,
      );
    }
    return tcpSyslog({
      source,
      subject,
      datacontenttype: recordContainers.ndjson,
      data: Buffer.from(data),
      recordCount: frames.count,
      firstSeq,
      timeMs,
    });
  };
}

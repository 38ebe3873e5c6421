import { isUtf8 } from "node:buffer";
import type { AssumedPart, UnparsedReason } from "@fairlead/contracts";
import { assumedPriority, type Priority, parsePriority } from "./priority.ts";
import { readRfc3164Header } from "./rfc3164.ts";
import { readRfc5424Header, readVersion, type SyslogFields } from "./rfc5424.ts";
import type { TimeZone } from "./time-zone.ts";

/** A syslog message that was understood. */
export type SyslogMessage = { readonly parsed: true } & Priority &
  SyslogFields & {
    readonly message: string;
    readonly messageBase64?: string;
    readonly assumed?: readonly AssumedPart[];
  };

/** A datagram that was not understood: all of its bytes, as they came. */
export type UnknownMessage = { readonly parsed: false; readonly reason: UnparsedReason } & Partial<Priority> &
  ({ readonly text: string } | { readonly base64: string });

export interface SyslogContext {
  readonly receivedAtMs: number;
  /** The zone of senders that give no offset. */
  readonly zone: TimeZone;
}

/** The datagram without the line ends and NULs that many senders put behind the message. */
function trimEnd(datagram: Buffer): Buffer {
  let end = datagram.length;
  while (end > 0) {
    const byte = datagram[end - 1];
    if (byte !== 0x0a && byte !== 0x0d && byte !== 0) break;
    end--;
  }
  return end === datagram.length ? datagram : datagram.subarray(0, end);
}

function unknown(datagram: Buffer, reason: UnparsedReason, priority?: Priority): UnknownMessage {
  const raw = isUtf8(datagram)
    ? { text: datagram.toString("utf8") }
    : { base64: datagram.toString("base64") };
  return { parsed: false, reason, ...priority, ...raw };
}

/** Text that was read byte by byte as Latin-1, read as UTF-8; undefined when it is not. */
function reread(latin1: string): string | undefined {
  const bytes = Buffer.from(latin1, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : undefined;
}

/** Header fields of a datagram that is not UTF-8 as a whole; undefined when the stray bytes are in the header itself. */
function rereadFields(fields: SyslogFields): SyslogFields | undefined {
  const json = reread(JSON.stringify(fields));
  return json === undefined ? undefined : (JSON.parse(json) as SyslogFields);
}

function readHeader(text: string, context: SyslogContext) {
  const pri = parsePriority(text);
  if (pri === "invalid") return { reason: "priority" as const };
  const at = pri === "missing" ? 0 : pri.end;
  const priority = pri === "missing" ? undefined : pri.priority;
  const version = priority && readVersion(text, at);
  if (version) {
    if (version.version !== 1) return { reason: "version" as const, priority };
    const header = readRfc5424Header(text, version.end, context.zone);
    if (typeof header === "string") return { reason: header, priority };
    return { ...header, priority };
  }
  const header = readRfc3164Header(text, at, context.receivedAtMs, context.zone);
  if (priority) return { ...header, priority };
  // Without a PRI only a timestamp tells a syslog message from anything else.
  if (!header.hasTime) return { reason: "priority" as const };
  return { ...header, priority: assumedPriority, assumed: ["priority" as const, ...header.assumed] };
}

/**
 * One datagram of syslog: RFC 5424, or RFC 3164 with the deviations of the field. Any bytes give a result: what is not
 * understood comes back whole, with the reason. Trailing line ends and NULs are cut off a message that is understood.
 */
export function parseSyslog(datagram: Buffer, context: SyslogContext): SyslogMessage | UnknownMessage {
  const bytes = trimEnd(datagram);
  if (bytes.length === 0) return unknown(datagram, "empty");
  const isText = isUtf8(bytes);
  // Latin-1 keeps one character per byte, so that places in the text are places in the datagram.
  const text = bytes.toString(isText ? "utf8" : "latin1");
  const header = readHeader(text, context);
  if ("reason" in header) return unknown(datagram, header.reason, header.priority);

  const { priority, assumed, messageAt } = header;
  const filled = assumed.length === 0 ? {} : { assumed };
  if (isText) {
    const start = text.charCodeAt(messageAt) === 0xfeff ? messageAt + 1 : messageAt;
    return { parsed: true, ...priority, ...header.fields, message: text.slice(start), ...filled };
  }
  const fields = rereadFields(header.fields);
  if (fields === undefined) return unknown(datagram, "encoding", priority);
  const start = text.startsWith("\u00ef\u00bb\u00bf", messageAt) ? messageAt + 3 : messageAt;
  const rest = bytes.subarray(start);
  return {
    parsed: true,
    ...priority,
    ...fields,
    message: rest.toString("utf8"),
    // The stray bytes may all have been in the header's UTF-8.
    ...(isUtf8(rest) ? {} : { messageBase64: rest.toString("base64") }),
    ...filled,
  };
}

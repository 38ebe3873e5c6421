import type { ParsedSyslog, UnparsedReason } from "@fairlead/contracts";
import { readStructuredData, type StructuredData } from "./structured-data.ts";
import { readRfc3339 } from "./timestamp.ts";

/** The header fields that both formats share; RFC 3164 has no version and no MSGID. */
export type SyslogFields = Readonly<
  Pick<ParsedSyslog, "format" | "version" | "timestamp" | "hostname" | "appName" | "procId" | "msgId">
> & { readonly structuredData: StructuredData };

/** What a header says, and where the message begins. */
export type FoundHeader = { readonly fields: SyslogFields; readonly messageAt: number };

// VERSION SP, and behind it what begins a TIMESTAMP: a message of RFC 3164 may begin with a number too.
const versionAhead = /(\d{1,3}) (?=-|\d{4}-\d\d-\d\d)/y;
// PRINTUSASCII. The limits of RFC 5424 (48 for APP-NAME, 32 for MSGID) are not kept by real senders: 255 for each.
const token = /([!-~]{1,255})(?: |$)/y;

function readToken(text: string, at: number): { value: string | null; end: number } | undefined {
  token.lastIndex = at;
  const match = token.exec(text);
  if (match === null) return undefined;
  return { value: match[1] === "-" ? null : match[1]!, end: token.lastIndex };
}

/** Where the header of RFC 5424 begins behind the PRI; undefined when this is another format. */
export function readVersion(text: string, at: number): { version: number; end: number } | undefined {
  versionAhead.lastIndex = at;
  const match = versionAhead.exec(text);
  return match === null ? undefined : { version: Number(match[1]), end: versionAhead.lastIndex };
}

/** The header behind PRI and VERSION (RFC 5424, 6), or the first part of it that is not as it must be. */
export function readRfc5424Header(text: string, from: number): FoundHeader | UnparsedReason {
  let at = from;
  let timestamp: string | null = null;
  if (text.startsWith("- ", at)) {
    at += 2;
  } else {
    const found = readRfc3339(text, at);
    if (found === undefined || text[found.end] !== " ") return "timestamp";
    timestamp = found.timestamp;
    at = found.end + 1;
  }
  const hostname = readToken(text, at);
  if (hostname === undefined) return "hostname";
  const appName = readToken(text, hostname.end);
  if (appName === undefined) return "app-name";
  const procId = readToken(text, appName.end);
  if (procId === undefined) return "proc-id";
  const msgId = readToken(text, procId.end);
  if (msgId === undefined) return "msg-id";
  const structured = readStructuredData(text, msgId.end);
  if (structured === undefined) return "structured-data";
  at = structured.end;
  if (at < text.length && text[at++] !== " ") return "structured-data";
  return {
    fields: {
      format: "rfc5424",
      version: 1,
      timestamp,
      hostname: hostname.value,
      appName: appName.value,
      procId: procId.value,
      msgId: msgId.value,
      structuredData: structured.data,
    },
    messageAt: at,
  };
}

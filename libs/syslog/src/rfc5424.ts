import type { AssumedPart, ParsedSyslog, UnparsedReason } from "@fairlead/contracts";
import { readStructuredData, type StructuredData } from "./structured-data.ts";
import type { TimeZone } from "./time-zone.ts";
import { readLooseIso, readRfc3339 } from "./timestamp.ts";

/** The header fields that both formats share; RFC 3164 has no version and no MSGID. */
export type SyslogFields = Readonly<
  Pick<ParsedSyslog, "format" | "version" | "timestamp" | "hostname" | "appName" | "procId" | "msgId">
> & { readonly structuredData: StructuredData };

/** What a header says, and where the message begins. */
export type FoundHeader = { readonly fields: SyslogFields; readonly messageAt: number };

// VERSION SP, and behind it what begins a TIMESTAMP: a message of RFC 3164 may begin with a number too.
const versionAhead = /(\d{1,3}) {1,8}(?=- |\d{4}-\d\d-\d\d)/y;
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
function readStrictly(text: string, from: number): ReadHeader | UnparsedReason {
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
    assumed: nothingAssumed,
  };
}

const looseToken = /([!-~]{1,255})( {1,8}|$)/y;
const isT = (text: string, at: number) => text[at + 10] === "T";

/** The time of a header with faults; what is wrong with the time is added to `faults`. */
function readFaultyTime(
  text: string,
  at: number,
  zone: TimeZone,
  faults: AssumedPart[],
): { timestamp: string | null; end: number } | undefined {
  if (text.startsWith("- ", at)) return { timestamp: null, end: at + 1 };
  const strict = readRfc3339(text, at);
  const found = strict ?? (isT(text, at) ? readLooseIso(text, at, zone) : undefined);
  if (found === undefined || text[found.end] !== " ") return undefined;
  if (strict === undefined) faults.push(found.assumedZone ? "zone" : "offset");
  return found;
}

/** A header with one or more of the faults of the field, each of them marked; undefined where no such reading fits. */
function readFaulty(text: string, from: number, zone: TimeZone): ReadHeader | undefined {
  const faults: AssumedPart[] = [];
  const time = readFaultyTime(text, from, zone, faults);
  if (time === undefined) return undefined;
  let at = time.end;
  let hasSpaces = text[from - 2] === " ";
  const skip = () => {
    const start = at;
    while (text[at] === " ") at++;
    if (at - start > 1) hasSpaces = true;
  };
  skip();
  const values: (string | null)[] = [];
  for (let field = 0; field < 4; field++) {
    looseToken.lastIndex = at;
    const match = looseToken.exec(text);
    if (match === null) return undefined;
    values.push(match[1] === "-" ? null : match[1]!);
    at += match[1]!.length;
    if (field < 3) skip();
  }
  // The message may begin with spaces of its own, but not where the structured data has to stand.
  skip();
  if (at === text.length) return undefined;
  let structured = readStructuredData(text, at);
  if (structured !== undefined && structured.end < text.length && text[structured.end] !== " ")
    structured = undefined;
  if (structured === undefined) {
    if (text[at] === "[" || text[at] === "-") return undefined;
    faults.push("structured-data");
  }
  if (hasSpaces) faults.push("spaces");
  const [hostname = null, appName = null, procId = null, msgId = null] = values;
  return {
    fields: {
      format: "rfc5424",
      version: 1,
      timestamp: time.timestamp,
      hostname,
      appName,
      procId,
      msgId,
      structuredData: structured?.data ?? noData,
    },
    messageAt: structured === undefined ? at : Math.min(text.length, structured.end + 1),
    assumed: faults,
  };
}

const noData: StructuredData = Object.freeze(Object.create(null));
const nothingAssumed: readonly AssumedPart[] = [];

export type ReadHeader = FoundHeader & { readonly assumed: readonly AssumedPart[] };

/**
 * The header behind PRI and VERSION (RFC 5424, 6), or the first part of it that is not as it must be. A header with faults that
 * senders are known for is read, and `assumed` names the faults.
 *
 * @param zone of senders that give no offset
 */
export function readRfc5424Header(text: string, from: number, zone: TimeZone): ReadHeader | UnparsedReason {
  const strict = readStrictly(text, from);
  const isClean = typeof strict !== "string" && text[from - 2] !== " ";
  if (isClean) return strict;
  return readFaulty(text, from, zone) ?? (strict as UnparsedReason);
}

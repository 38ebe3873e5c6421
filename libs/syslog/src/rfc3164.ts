import { isIP, isIPv6 } from "node:net";
import type { AssumedPart } from "@fairlead/contracts";
import { metaOf, type Preface, readPreface } from "./preface.ts";
import type { FoundHeader } from "./rfc5424.ts";
import type { StructuredData } from "./structured-data.ts";
import type { TimeZone } from "./time-zone.ts";
import { type FoundTime, readLooseTime } from "./timestamp.ts";

const word = /(\S+) */y;
// "@" and "/" join the names of a chain of relays (syslog-ng); devices put names of places behind "@".
const hostName = /^[\p{L}\p{N}_.@/-]{1,255}$/u;
const forwarded = /Message forwarded from ([^\s:]{1,255}): ?/y;
// The program behind "[pid]" without a space before the content; also a tag that ends with neither.
// A tag is a word with a letter in it and none of the marks that make JSON, CEF or a key and its value.
const tagWithPid = /([\w./%()[\]@+*#$~\\\u00aa-\uffff-]{1,64}?)\[([^[\]\s]{1,128})\]: ?/y;
const tagAlone = /([\w./%()[\]@+*#$~\\\u00aa-\uffff-]{1,80}):(?: |$)/y;
const letter = /[A-Za-z\u00aa-\uffff]/;
const pidWithoutColon = /([^\s:[\]{}"'|=,;<>]{1,64})\[(\d{1,10})\] /y;
const namedPid = /^(.+?)\[([^[\]\s]{1,128})\]$/;

const noData: StructuredData = Object.freeze(Object.create(null));

function isHostname(text: string): boolean {
  if (hostName.test(text) || isBracketed(text)) return true;
  if (!text.includes(":")) return false;
  return isIPv6(text);
}

/** An address in brackets, or an address of IPv6 that would not look like a name. */
function isBracketed(text: string): boolean {
  return text.startsWith("[") && text.endsWith("]") && isIP(text.slice(1, -1)) !== 0;
}

function readHostname(text: string, at: number): { hostname: string; end: number } | undefined {
  forwarded.lastIndex = at;
  const relayed = forwarded.exec(text);
  if (relayed) return { hostname: relayed[1]!, end: forwarded.lastIndex };
  word.lastIndex = at;
  const match = word.exec(text);
  // A lone word is the message, not the hostname.
  if (match === null || word.lastIndex === text.length) return undefined;
  return isHostname(match[1]!) ? { hostname: match[1]!, end: word.lastIndex } : undefined;
}

function readTag(
  text: string,
  at: number,
): { appName: string; procId: string | null; end: number } | undefined {
  tagAlone.lastIndex = at;
  const alone = tagAlone.exec(text);
  if (alone && letter.test(alone[1]!)) {
    const named = namedPid.exec(alone[1]!);
    if (named) return { appName: named[1]!, procId: named[2]!, end: tagAlone.lastIndex };
    return { appName: alone[1]!, procId: null, end: tagAlone.lastIndex };
  }
  for (const pattern of [tagWithPid, pidWithoutColon]) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match && letter.test(match[1]!))
      return { appName: match[1]!, procId: match[2]!, end: pattern.lastIndex };
  }
  return undefined;
}

/** The device's own remarks, in the words that RFC 5424 has for them (7.1 timeQuality, 7.3 meta). */
function remarks(preface: Preface | undefined, time: FoundTime | undefined): StructuredData {
  const meta = preface && metaOf(preface);
  const isSynced = time?.isSynced ?? true;
  const zoneName = time?.zoneName;
  if (meta === undefined && isSynced && zoneName === undefined) return noData;
  const timeQuality = {
    ...(isSynced ? {} : { isSynced: "0" }),
    ...(zoneName === undefined ? {} : { tzKnown: "0", tzName: zoneName }),
  };
  const hasQuality = !isSynced || zoneName !== undefined;
  return { ...(hasQuality ? { timeQuality } : {}), ...(meta === undefined ? {} : { meta }) };
}

/** True for "Oct 11": most messages begin so, and no preface does. */
function beginsWithMonth(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  return first >= 0x41 && first <= 0x5a && text[at + 3] === " " && text.charCodeAt(at + 5) <= 0x39;
}

/** Shared by messages: what was filled in is the same for nearly all messages of a sender. */
function assumedParts(time: FoundTime | undefined): readonly AssumedPart[] {
  if (time === undefined) return [];
  if (time.assumedYear) return time.assumedZone ? ["year", "zone"] : ["year"];
  return time.assumedZone ? ["zone"] : [];
}

/**
 * The header of RFC 3164 with the deviations that are common in the field (README.md). Never fails: every part
 * may be missing (RFC 3164, 4.3), and what is not understood stays in the message.
 *
 * @param zone of senders that give no offset
 */
export function readRfc3164Header(
  text: string,
  from: number,
  receivedAtMs: number,
  zone: TimeZone,
): FoundHeader & { readonly assumed: readonly AssumedPart[]; readonly hasTime: boolean } {
  let at = from;
  const preface = beginsWithMonth(text, at) ? undefined : readPreface(text, at);
  let start = preface?.end ?? at;
  while (text[start] === " ") start++;
  const timeBehind = readLooseTime(text, start, receivedAtMs, zone);
  // What looks like a counter may be the year of a time.
  const time = timeBehind ?? (preface ? readLooseTime(text, at, receivedAtMs, zone) : undefined);
  // Without a time only the mnemonic of a Cisco device says that the words before it were a preface.
  const isPreface = preface !== undefined && (timeBehind !== undefined || preface.endsAtMnemonic);
  let hostname = isPreface ? (preface.origin ?? null) : null;
  if (time) at = time.end;
  else if (preface && (isPreface || preface.isBareColon)) at = preface.end;
  // ": " behind the timestamp means that no hostname comes (Cisco); " : " stands between hostname and message (ASA).
  let mayNameHost = time !== undefined && hostname === null;
  if (time && text[at] === ":") {
    at++;
    mayNameHost = false;
  }
  while (text[at] === " ") at++;
  if (mayNameHost && !text.startsWith(": ", at)) {
    const found = readHostname(text, at);
    if (found) {
      hostname = found.hostname;
      at = found.end;
    }
  }
  if (time && text.startsWith(": ", at)) at += 2;

  const tag = readTag(text, at);
  if (tag) at = tag.end;
  return {
    fields: {
      format: "rfc3164",
      version: null,
      timestamp: time?.timestamp ?? null,
      hostname,
      appName: tag?.appName ?? null,
      procId: tag?.procId ?? null,
      msgId: null,
      structuredData: remarks(isPreface ? preface : undefined, time),
    },
    messageAt: at,
    assumed: assumedParts(time),
    hasTime: time !== undefined,
  };
}

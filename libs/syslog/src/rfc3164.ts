import { isIPv6 } from "node:net";
import type { AssumedPart } from "@fairlead/contracts";
import type { FoundHeader } from "./rfc5424.ts";
import type { StructuredData } from "./structured-data.ts";
import type { TimeZone } from "./time-zone.ts";
import { type FoundTime, readLooseTime } from "./timestamp.ts";

// Cisco IOS counts its messages before the timestamp; NX-OS and ASA put a bare colon there.
const sequence = /(?:(\d{1,10}))?: ?/y;
// Cisco "logging origin-id": the name stands before the timestamp, and with a colon.
const originBeforeTime = /([\w./-]{1,255}): ?(?=[*.]?(?:\d{4} )?[A-Z][a-z]{2} {1,2}\d)/y;
const word = /(\S+) */y;
const hostName = /^[\p{L}\p{N}_.-]{1,255}$/u;
const forwarded = /Message forwarded from ([^\s:]{1,255}): ?/y;
// The program behind "[pid]" without a space before the content; also a tag that ends with neither.
const tagWithPid = /([^\s:]{1,255}?)\[([^[\]\s]{1,128})\]: ?/y;
const tagAlone = /(\S{1,255}): /y;
const tagAtEnd = /(\S{1,255}):$/y;
const pidWithoutColon = /([^\s:[\]]{1,255})\[(\d{1,10})\] /y;
const namedPid = /^(.+?)\[([^[\]\s]{1,128})\]$/;

const noData: StructuredData = Object.freeze(Object.create(null));

function isHostname(text: string): boolean {
  if (hostName.test(text)) return true;
  if (!text.includes(":")) return false;
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  return isIPv6(bare);
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
  for (const pattern of [tagAlone, tagAtEnd]) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const named = namedPid.exec(match[1]!);
    if (named) return { appName: named[1]!, procId: named[2]!, end: pattern.lastIndex };
    return { appName: match[1]!, procId: null, end: pattern.lastIndex };
  }
  for (const pattern of [tagWithPid, pidWithoutColon]) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return { appName: match[1]!, procId: match[2]!, end: pattern.lastIndex };
  }
  return undefined;
}

/** The device's own remarks, in the words that RFC 5424 has for them (7.1 timeQuality, 7.3 meta). */
function remarks(sequenceId: string | undefined, isSynced: boolean): StructuredData {
  if (sequenceId === undefined && isSynced) return noData;
  return {
    ...(isSynced ? {} : { timeQuality: { isSynced: "0" } }),
    ...(sequenceId === undefined ? {} : { meta: { sequenceId } }),
  };
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
  let hostname: string | null = null;
  let sequenceId: string | undefined;

  sequence.lastIndex = at;
  const counted = sequence.exec(text);
  let start = counted ? sequence.lastIndex : at;
  originBeforeTime.lastIndex = start;
  const origin = originBeforeTime.exec(text);
  if (origin) start = originBeforeTime.lastIndex;
  while (text[start] === " ") start++;
  const time = readLooseTime(text, start, receivedAtMs, zone);
  if (time) {
    sequenceId = counted?.[1];
    hostname = origin?.[1] ?? null;
    at = time.end;
  } else if (counted?.[1] === undefined && counted) {
    at = sequence.lastIndex;
  }
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
      structuredData: remarks(sequenceId, time?.isSynced ?? true),
    },
    messageAt: at,
    assumed: assumedParts(time),
    hasTime: time !== undefined,
  };
}

import type { TimeZone } from "./time-zone.ts";

/** A timestamp that was found, and where the text goes on. */
export interface FoundTime {
  /** RFC 3339. With the offset and digits of the sender where the sender gave them, else in UTC. */
  readonly timestamp: string;
  readonly end: number;
  /** What the sender left out and the collector filled in. */
  readonly assumedYear: boolean;
  readonly assumedZone: boolean;
  /** False for a device that says that its clock is not set (a leading `*` or `.`). */
  readonly isSynced: boolean;
  /** The sender's name of its zone, where nobody can know which zone that is. */
  readonly zoneName?: string;
}

const rfc3339 = /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|[+-](\d\d):(\d\d))/y;
// What log libraries write for a timestamp of RFC 3339: a space for the T, a comma for the point, "+0200", no offset at all.
const looseIso =
  /(\d{4})[-:/](\d\d)[-:/](\d\d)[T -](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?(?![\d:])/y;
// RFC 3164, 4.1.2, with a year before, between or behind, a fraction, and a zone that ends with a colon (Cisco).
const bsd =
  /([*.])?(?:(\d{4}) )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ((?:19|20)\d\d)(?= |: ))?(Z(?=[ :])|[+-]\d\d:?\d\d(?=[ :]))?/y;
// A zone behind the time: an abbreviation, or whatever a Cisco device's "clock timezone" calls it, which a mnemonic follows.
const zoneBehind = / ([A-Z]{1,5})(?=[: ])| ([A-Za-z][\w/+-]{0,31})(?=: %[A-Z])/y;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const fastestClockMs = 7 * 86_400_000;

/** Hours east of UTC: RFC 5322, 4.3, and zones that share their abbreviation with no other zone. */
const zoneHours: Readonly<Record<string, number>> = {
  UTC: 0,
  UT: 0,
  GMT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  WET: 0,
  WEST: 1,
  CET: 1,
  CEST: 2,
  EET: 2,
  EEST: 3,
  MSK: 3,
  SAST: 2,
  WIB: 7,
  HKT: 8,
  SGT: 8,
  AWST: 8,
  JST: 9,
  KST: 9,
  ACST: 9.5,
  ACDT: 10.5,
  AEST: 10,
  AEDT: 11,
  NZST: 12,
  NZDT: 13,
  AKST: -9,
  AKDT: -8,
  HST: -10,
};

interface FoundZone {
  readonly end: number;
  readonly hours?: number | undefined;
  readonly name?: string;
}

/** The zone that an offset says, or a word behind the time. A word that may be a program or a host is no zone. */
function readZone(text: string, at: number, offset: string | undefined): FoundZone {
  if (offset === "Z") return { end: at, hours: 0 };
  if (offset !== undefined) {
    const hours = Number(offset.slice(1, 3)) + Number(offset.slice(-2)) / 60;
    return { end: at, hours: offset[0] === "-" ? -hours : hours };
  }
  if (text[at] !== " ") return { end: at };
  zoneBehind.lastIndex = at;
  const match = zoneBehind.exec(text);
  if (match === null) return { end: at };
  const name = (match[1] ?? match[2])!;
  const end = zoneBehind.lastIndex;
  if (Object.hasOwn(zoneHours, name)) return { end, hours: zoneHours[name] };
  if (name === "DST" || match[2] !== undefined || text.startsWith(": %", end)) return { end, name };
  return { end: at };
}

// Seconds since 1970 behind what looks like the version of RFC 5424 (Meraki).
const epoch = /1 (\d{10})\.(\d{1,9})(?= )/y;

function readEpoch(text: string, at: number): FoundTime | undefined {
  epoch.lastIndex = at;
  const match = epoch.exec(text);
  if (match === null) return undefined;
  const timestamp = format(Number(match[1]) * 1_000, match[2]);
  return { timestamp, end: epoch.lastIndex, assumedYear: false, assumedZone: false, isSynced: true };
}

function isTimeOfDay(hour: number, minute: number, second: number): boolean {
  // RFC 5424, 6.2.3 forbids the leap second.
  return hour <= 23 && minute <= 59 && second <= 59;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

function format(utcMs: number, fraction: string | undefined): string {
  const seconds = new Date(utcMs).toISOString().slice(0, 19);
  return fraction === undefined ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** RFC 3339 with an offset, as RFC 5424 wants it (up to nine digits of a fraction are taken); kept as it was sent. */
export function readRfc3339(text: string, at: number): FoundTime | undefined {
  rfc3339.lastIndex = at;
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [timestamp, year, month, day, hour, minute, second, offsetHours = "0", offsetMinutes = "0"] = match;
  const isValid =
    isDate(Number(year), Number(month), Number(day)) &&
    isTimeOfDay(Number(hour), Number(minute), Number(second)) &&
    isTimeOfDay(Number(offsetHours), Number(offsetMinutes), 0);
  if (!isValid) return undefined;
  return { timestamp, end: rfc3339.lastIndex, assumedYear: false, assumedZone: false, isSynced: true };
}

export function readLooseIso(text: string, at: number, zone: TimeZone): FoundTime | undefined {
  looseIso.lastIndex = at;
  const match = looseIso.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hours, minutes, seconds, fraction, z, offsetHours, offsetMinutes = "00"] = match;
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
  if (!isDate(Number(year), Number(month), Number(day)) || !isTimeOfDay(hour, minute, second))
    return undefined;
  const localMs = Date.UTC(Number(year), Number(month) - 1, Number(day), hour, minute, second);
  const assumedZone = z === undefined && offsetHours === undefined;
  let timestamp = format(assumedZone ? zone.toUtcMs(localMs) : localMs, fraction);
  if (offsetHours !== undefined) {
    if (!isTimeOfDay(Math.abs(Number(offsetHours)), Number(offsetMinutes), 0)) return undefined;
    timestamp = `${timestamp.slice(0, -1)}${offsetHours}:${offsetMinutes}`;
  }
  return { timestamp, end: looseIso.lastIndex, assumedYear: false, assumedZone, isSynced: true };
}

function readBsd(text: string, at: number, receivedAtMs: number, zone: TimeZone): FoundTime | undefined {
  bsd.lastIndex = at;
  const match = bsd.exec(text);
  if (match === null) return undefined;
  const [
    ,
    mark,
    yearBefore,
    monthName,
    dayText,
    yearBetween,
    hours,
    minutes,
    seconds,
    fraction,
    yearBehind,
    offset,
  ] = match;
  const month = months.indexOf(monthName!) + 1;
  const day = Number(dayText);
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
  if (!isTimeOfDay(hour, minute, second)) return undefined;

  const { end, hours: knownHours, name } = readZone(text, bsd.lastIndex, offset);
  const toUtcMs = (year: number) => {
    const localMs = Date.UTC(year, month - 1, day, hour, minute, second);
    return knownHours === undefined ? zone.toUtcMs(localMs) : localMs - knownHours * 3_600_000;
  };

  const yearText = yearBefore ?? yearBetween ?? yearBehind;
  const receivedYear = new Date(receivedAtMs).getUTCFullYear();
  const years =
    yearText === undefined ? [receivedYear + 1, receivedYear, receivedYear - 1] : [Number(yearText)];
  // The newest year that does not put the message into the future: right around New Year, for clocks that run up to a
  // week fast, and for messages that come up to a year late.
  let utcMs: number | undefined;
  for (const year of years) {
    if (!isDate(year, month, day)) continue;
    const candidate = toUtcMs(year);
    if (yearText === undefined && candidate > receivedAtMs + fastestClockMs) continue;
    utcMs = candidate;
    break;
  }
  if (utcMs === undefined) return undefined;
  return {
    timestamp: format(utcMs, fraction),
    end,
    assumedYear: yearText === undefined,
    assumedZone: knownHours === undefined,
    isSynced: mark === undefined,
    ...(name !== undefined && { zoneName: name }),
  };
}

/**
 * A timestamp in any of the forms that RFC 3164 senders use. Undefined when there is none at this place, or when it
 * names no real time (30 February): then nothing is taken and the text stays part of the message.
 *
 * @param zone of senders that give no offset
 */
export function readLooseTime(
  text: string,
  at: number,
  receivedAtMs: number,
  zone: TimeZone,
): FoundTime | undefined {
  return (
    readRfc3339(text, at) ??
    readLooseIso(text, at, zone) ??
    readBsd(text, at, receivedAtMs, zone) ??
    readEpoch(text, at)
  );
}

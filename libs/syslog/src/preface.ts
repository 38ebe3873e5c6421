/**
 * The words that Cisco devices put before the timestamp or in its place: `[message counter: ][sequence number: ][origin: ][uptime: ]`
 * (IOS "logging message-counter", "service sequence-numbers", "logging origin-id", "service timestamps log uptime"; IOS XR puts
 * the node there, behind its "logging hostnameprefix"; NX-OS and ASA put a bare colon there).
 */
export interface Preface {
  readonly end: number;
  /** The first number: the counter of messages, where the device has both. */
  readonly sequenceId: string | undefined;
  /** The second number: the device's own sequence number. */
  readonly localSequenceId: string | undefined;
  readonly origin: string | undefined;
  /** The node of IOS XR, where a name stands before it. */
  readonly node: string | undefined;
  /** In hundredths of a second, as RFC 5424, 7.3.3, has sysUpTime. */
  readonly sysUpTime: string | undefined;
  /** True when "%FACILITY-SEVERITY-MNEMONIC" follows. */
  readonly endsAtMnemonic: boolean;
  /** True for a colon without a number. */
  readonly isBareColon: boolean;
}

const counters = /(?:(\d{1,10})?: ?)?(?:(\d{1,10}): )?/y;
const origin =
  /(?:([\w.-]{1,255}) )?([\w./-]{1,255}): ?(?:(\d{1,10}): )?(?=[*.]?(?:\d{4} )?[A-Z][a-z]{2} {1,2}\d|(?:[*.]?(?:\d{1,4}:\d\d:\d\d|(?:\d{1,4}[ywdhms]){1,3})(?:\.\d{1,6})?: )?%[A-Z])/y;
const upTime = /[*.]?(?:(\d{1,4}):(\d\d):(\d\d)|((?:\d{1,4}[ywdhms]){1,3}))(?:\.\d{1,6})?: (?=%)/y;
const mnemonic = /%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+ ?:/y;
const secondsOf: Readonly<Record<string, number>> = {
  y: 31_536_000,
  w: 604_800,
  d: 86_400,
  h: 3_600,
  m: 60,
  s: 1,
};

function hundredths([, hours, minutes, seconds, units = ""]: RegExpExecArray): string {
  let total = Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  for (const [, count, unit] of units.matchAll(/(\d+)([ywdhms])/g))
    total += Number(count) * secondsOf[unit!]!;
  return String(total * 100);
}

/** True for a digit and the colon behind the digits. */
const mayCount = (code: number) => code >= 0x30 && code <= 0x3a;

/** The preface at this place; undefined where nothing looks like one. The caller decides by what follows whether it is one. */
export function readPreface(text: string, at: number): Preface | undefined {
  let counted: RegExpExecArray | null = null;
  let end = at;
  if (mayCount(text.charCodeAt(at))) {
    counters.lastIndex = at;
    counted = counters.exec(text);
    end = counters.lastIndex;
  }
  const isBareColon = end > at && counted?.[1] === undefined && counted?.[2] === undefined;
  upTime.lastIndex = end;
  let up = upTime.exec(text);
  let named: RegExpExecArray | null = null;
  if (up === null) {
    origin.lastIndex = end;
    named = origin.exec(text);
    upTime.lastIndex = named ? origin.lastIndex : end;
    up = named && upTime.exec(text);
    if (named) end = origin.lastIndex;
  }
  if (up) end = upTime.lastIndex;
  if (end === at) return undefined;
  mnemonic.lastIndex = end;
  const sequenceId = counted?.[1];
  // The sequence number stands behind the origin, the counter before the origin.
  const [, host, name, ownSequenceId] = named ?? [];
  const localSequenceId = counted?.[2] ?? ownSequenceId;
  return {
    end,
    sequenceId: sequenceId ?? localSequenceId,
    localSequenceId: sequenceId === undefined ? undefined : localSequenceId,
    origin: host ?? name,
    node: host === undefined ? undefined : name,
    sysUpTime: up ? hundredths(up) : undefined,
    endsAtMnemonic: mnemonic.test(text),
    isBareColon,
  };
}

/** What the preface says in the words of RFC 5424, 7.3; undefined where it says nothing. */
export function metaOf(preface: Preface): Readonly<Record<string, string>> | undefined {
  const { sequenceId, localSequenceId, node, sysUpTime } = preface;
  if (sequenceId === undefined && node === undefined && sysUpTime === undefined) return undefined;
  return {
    ...(sequenceId === undefined ? {} : { sequenceId }),
    ...(localSequenceId === undefined ? {} : { localSequenceId }),
    ...(node === undefined ? {} : { node }),
    ...(sysUpTime === undefined ? {} : { sysUpTime }),
  };
}

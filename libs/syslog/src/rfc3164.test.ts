import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSyslog } from "./parse.ts";
import { TimeZone } from "./time-zone.ts";

const utc = new TimeZone("UTC");

const receivedAtMs = Date.UTC(2026, 9, 11, 22, 14, 16);

interface Expected {
  timestamp?: string | null;
  hostname?: string | null;
  appName?: string | null;
  procId?: string | null;
  message: string;
  structuredData?: object;
  assumed?: readonly string[];
}

const cases: readonly [name: string, text: string, expected: Expected][] = [
  [
    "the example of RFC 3164, 5.4",
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    {
      timestamp: "2026-10-11T22:14:15Z",
      hostname: "mymachine",
      appName: "su",
      message: "'su root' failed for lonvick on /dev/pts/8",
      assumed: ["year", "zone"],
    },
  ],
  [
    "a day of one digit",
    "<13>Oct  1 00:00:00 h app[12]: m",
    { timestamp: "2026-10-01T00:00:00Z", hostname: "h", appName: "app", procId: "12", message: "m" },
  ],
  ["a day with a zero", "<13>Oct 01 00:00:00 h a: m", { timestamp: "2026-10-01T00:00:00Z", message: "m" }],
  [
    "no hostname (glibc syslog)",
    "<13>Oct 11 22:14:15 su[7]: m",
    { hostname: null, appName: "su", procId: "7", message: "m" },
  ],
  ["no tag", "<13>Oct 11 22:14:15 h just words", { hostname: "h", appName: null, message: "just words" }],
  [
    "no hostname and no tag",
    "<13>Oct 11 22:14:15 words",
    { hostname: null, appName: null, message: "words" },
  ],
  [
    "no timestamp",
    "<13>hello world",
    { timestamp: null, hostname: null, appName: null, message: "hello world" },
  ],
  [
    "no timestamp, with tag",
    "<13>app[1]: hello",
    { timestamp: null, appName: "app", procId: "1", message: "hello" },
  ],
  [
    "no PRI",
    "Oct 11 22:14:15 h app: m",
    { hostname: "h", appName: "app", message: "m", assumed: ["priority", "year", "zone"] },
  ],
  [
    "a tag with a slash",
    "<22>Oct 11 22:14:15 h postfix/smtpd[9]: m",
    { appName: "postfix/smtpd", procId: "9", message: "m" },
  ],
  [
    "a tag with brackets",
    "<22>Oct 11 22:14:15 h app[x][9]: m",
    { appName: "app[x]", procId: "9", message: "m" },
  ],
  ["a tag in brackets", "<22>Oct 11 22:14:15 h [app]: m", { appName: "[app]", procId: null, message: "m" }],
  [
    "a tag with parentheses",
    "<22>Oct 11 22:14:15 h sshd(pam)[9]: m",
    { appName: "sshd(pam)", procId: "9", message: "m" },
  ],
  [
    "a tag without a space behind",
    "<22>Oct 11 22:14:15 h app[9]:m",
    { appName: "app", procId: "9", message: "m" },
  ],
  ["a pid without a colon", "<22>Oct 11 22:14:15 h app[9] m", { appName: "app", procId: "9", message: "m" }],
  ["a tag and nothing else", "<22>Oct 11 22:14:15 h app:", { hostname: "h", appName: "app", message: "" }],
  ["a URL is no tag", "<22>Oct 11 22:14:15 h http://x/y", { appName: null, message: "http://x/y" }],
  [
    "an IPv6 hostname",
    "<13>Oct 11 22:14:15 2001:db8::1 a: m",
    { hostname: "2001:db8::1", appName: "a", message: "m" },
  ],
  [
    "an IPv6 hostname that ends with colons",
    "<13>Oct 11 22:14:15 2001:db8:: a: m",
    { hostname: "2001:db8::", message: "m" },
  ],
  [
    "an IPv6 hostname with a zone",
    "<13>Oct 11 22:14:15 fe80::1%eth0 a: m",
    { hostname: "fe80::1%eth0", message: "m" },
  ],
  [
    "the ISO timestamp of rsyslog",
    "<13>2026-10-11T22:14:15.123456+02:00 h a[1]: m",
    { timestamp: "2026-10-11T22:14:15.123456+02:00", hostname: "h", appName: "a", procId: "1", message: "m" },
  ],
  [
    "an ISO offset without a colon",
    "<13>2026-10-11T22:14:15+0200 h a: m",
    { timestamp: "2026-10-11T22:14:15+02:00", message: "m" },
  ],
  [
    "an ISO timestamp with a space and no offset",
    "<13>2026-10-11 22:14:15,5 h a: m",
    { timestamp: "2026-10-11T22:14:15.5Z", hostname: "h", message: "m", assumed: ["zone"] },
  ],
  [
    "Cisco: sequence, unset clock, fraction, zone",
    "<189>23: *Mar  1 18:46:11.101 UTC: %SYS-5-CONFIG_I: Configured",
    {
      timestamp: "2026-03-01T18:46:11.101Z",
      hostname: null,
      appName: "%SYS-5-CONFIG_I",
      message: "Configured",
      structuredData: { timeQuality: { isSynced: "0" }, meta: { sequenceId: "23" } },
      assumed: ["year"],
    },
  ],
  [
    "Cisco: a clock that lost its server, with a year",
    "<189>000124: .Oct 11 2026 20:14:15.101 CEST: %A-1-B: m",
    {
      timestamp: "2026-10-11T18:14:15.101Z",
      appName: "%A-1-B",
      message: "m",
      structuredData: { timeQuality: { isSynced: "0" }, meta: { sequenceId: "000124" } },
    },
  ],
  [
    "Cisco: origin-id before the timestamp",
    "<189>29: router1: Oct 11 13:58:46.411: %LINK-3-UPDOWN: m",
    {
      hostname: "router1",
      appName: "%LINK-3-UPDOWN",
      message: "m",
      structuredData: { meta: { sequenceId: "29" } },
    },
  ],
  [
    "Cisco IOS XR: the node before the timestamp",
    "<189>3421: RP/0/RSP0/CPU0:Oct 11 13:58:46.411 : proc[67]: m",
    { hostname: "RP/0/RSP0/CPU0", appName: "proc", procId: "67", message: "m" },
  ],
  [
    "Cisco NX-OS: a colon, the year first",
    "<189>: 2026 Oct 11 18:46:11 UTC: %A-5-B: m",
    { timestamp: "2026-10-11T18:46:11Z", appName: "%A-5-B", message: "m" },
  ],
  [
    "Cisco ASA: year between, colon after the hostname",
    "<166>Sep 08 2026 14:03:21 asa01 : %ASA-6-302013: Built",
    {
      timestamp: "2026-09-08T14:03:21Z",
      hostname: "asa01",
      appName: "%ASA-6-302013",
      message: "Built",
      assumed: ["zone"],
    },
  ],
  [
    "a year behind the time",
    "<13>Oct 11 22:14:15 2025 h a: m",
    { timestamp: "2025-10-11T22:14:15Z", hostname: "h", message: "m" },
  ],
  [
    "a zone that nobody knows stays in the text",
    "<13>Oct 11 22:14:15 XYZ: m",
    { timestamp: "2026-10-11T22:14:15Z", appName: "XYZ", message: "m" },
  ],
  [
    "Cisco IOS XR: a name before the node",
    "<189>31: core-1 RP/0/RSP0/CPU0:Oct 11 13:58:46.411 UTC: ifmgr[67]: %PKT_INFRA-LINK-3-UPDOWN : m",
    {
      timestamp: "2026-10-11T13:58:46.411Z",
      hostname: "core-1",
      appName: "ifmgr",
      procId: "67",
      message: "%PKT_INFRA-LINK-3-UPDOWN : m",
      structuredData: { meta: { sequenceId: "31", node: "RP/0/RSP0/CPU0" } },
    },
  ],
  ["a number before words is no counter", "<13>26: bottles", { appName: null, message: "26: bottles" }],
  [
    "JSON is no tag",
    '<13>Oct 11 22:14:15 host {"level": "info", "msg": "x"}',
    { hostname: "host", appName: null, message: '{"level": "info", "msg": "x"}' },
  ],
  [
    "JSON alone is no tag",
    '<13>{"level": "info"}',
    { hostname: null, appName: null, message: '{"level": "info"}' },
  ],
  [
    "CEF is no tag",
    "<13>Oct 11 22:14:15 host CEF:0|Maker|Box|1|7|Alert: worm|5|src=192.0.2.1",
    { hostname: "host", appName: null, message: "CEF:0|Maker|Box|1|7|Alert: worm|5|src=192.0.2.1" },
  ],
  ["a key and its value are no tag", "<13>Oct 11 22:14:15 h a=b: m", { appName: null, message: "a=b: m" }],
  ["digits are no tag", "<13>Oct 11 22:14:15 h 42: m", { appName: null, message: "42: m" }],
  [
    "a word of a hundred letters is no tag",
    `<13>Oct 11 22:14:15 h ${"x".repeat(100)}: m`,
    { appName: null, message: `${"x".repeat(100)}: m` },
  ],
  [
    "a hostname with a place",
    "<13>Oct 11 22:14:15 store-a@AZ01 svc[1]: m",
    { hostname: "store-a@AZ01", appName: "svc", procId: "1", message: "m" },
  ],
  [
    "an address in brackets",
    "<13>Oct 11 22:14:15 [192.0.2.1] authmgr[3517]: m",
    { hostname: "[192.0.2.1]", appName: "authmgr", procId: "3517", message: "m" },
  ],
  [
    "a chain of relays",
    "<13>Oct 11 22:14:15 relay1/host2 app[1]: m",
    { hostname: "relay1/host2", appName: "app", procId: "1", message: "m" },
  ],
  [
    "an uptime of the kernel is no hostname",
    "<6>Oct 11 22:14:15 [12345.678901] usb: m",
    { hostname: null, message: "[12345.678901] usb: m" },
  ],
  [
    "an offset behind the time",
    "<13>Oct 11 03:58:15+07:00 h a: m",
    { timestamp: "2026-10-10T20:58:15Z", hostname: "h", appName: "a", message: "m", assumed: ["year"] },
  ],
  [
    "a Z behind the time",
    "<13>Oct 11 22:14:15Z h a: m",
    { timestamp: "2026-10-11T22:14:15Z", hostname: "h", appName: "a", message: "m", assumed: ["year"] },
  ],
  [
    "a zone of Australia",
    "<189>1: Oct 11 22:14:15.5 AEST: %A-5-B: m",
    {
      timestamp: "2026-10-11T12:14:15.5Z",
      hostname: null,
      appName: "%A-5-B",
      message: "m",
      assumed: ["year"],
    },
  ],
  [
    "a zone and a hostname",
    "<13>Oct 11 22:14:15 CEST h a: m",
    { timestamp: "2026-10-11T20:14:15Z", hostname: "h", appName: "a", message: "m", assumed: ["year"] },
  ],
  [
    "a zone that only the device knows",
    "<190>3: Oct 11 22:14:15.833 NewYork: %A-5-B: m",
    {
      timestamp: "2026-10-11T22:14:15.833Z",
      hostname: null,
      appName: "%A-5-B",
      message: "m",
      structuredData: { timeQuality: { tzKnown: "0", tzName: "NewYork" }, meta: { sequenceId: "3" } },
      assumed: ["year", "zone"],
    },
  ],
  [
    "a word for summer time",
    "<13>Oct 11 22:14:15 DST h a: m",
    {
      hostname: "h",
      appName: "a",
      structuredData: { timeQuality: { tzKnown: "0", tzName: "DST" } },
      message: "m",
      assumed: ["year", "zone"],
    },
  ],
  [
    "a message that was forwarded",
    "<13>Oct 11 22:14:15 Message forwarded from aix1: a[3]: m",
    { hostname: "aix1", appName: "a", message: "m" },
  ],
  [
    "a date that does not exist stays in the text",
    "<13>Feb 30 22:14:15 h m",
    { timestamp: null, message: "Feb 30 22:14:15 h m" },
  ],
  [
    "a month out of range",
    "<13>2026-13-11T22:14:15Z h a: m",
    { timestamp: null, message: "2026-13-11T22:14:15Z h a: m" },
  ],
  ["an hour out of range", "<13>Oct 11 24:00:00 h m", { timestamp: null, message: "Oct 11 24:00:00 h m" }],
  ["a newline and NUL at the end", "<13>Oct 11 22:14:15 h a: m\r\n\0", { message: "m" }],
  ["a message that begins with a number", "<13>1 fish", { timestamp: null, message: "1 fish" }],
];

test("parseSyslog() reads RFC 3164 with the deviations of the field", async (t) => {
  for (const [name, text, expected] of cases) {
    await t.test(name, () => {
      const got = parseSyslog(Buffer.from(text), { receivedAtMs, zone: utc });
      assert.equal(got.parsed, true);
      assert.equal(got.parsed && got.format, "rfc3164");
      const plain = JSON.parse(JSON.stringify(got)) as Record<string, unknown>;
      for (const [field, value] of Object.entries(expected)) assert.deepEqual(plain[field], value, field);
    });
  }
});

const yearCases: readonly [name: string, received: string, sent: string, timestamp: string | null][] = [
  ["sent before New Year, received after", "2027-01-01T00:00:02Z", "Dec 31 23:59:59", "2026-12-31T23:59:59Z"],
  ["sent after New Year by a fast clock", "2026-12-31T23:59:58Z", "Jan  1 00:00:01", "2027-01-01T00:00:01Z"],
  ["eleven months late", "2027-02-01T00:00:00Z", "Mar  5 12:00:00", "2026-03-05T12:00:00Z"],
  ["by a clock that is six days fast", "2026-06-01T00:00:00Z", "Jun  7 00:00:00", "2026-06-07T00:00:00Z"],
  ["five months late", "2027-02-01T00:00:00Z", "Sep  5 12:00:00", "2026-09-05T12:00:00Z"],
  ["a leap day in a leap year", "2028-02-29T12:00:05Z", "Feb 29 12:00:00", "2028-02-29T12:00:00Z"],
  ["a leap day just after it", "2028-03-01T00:00:05Z", "Feb 29 23:59:59", "2028-02-29T23:59:59Z"],
  ["a leap day near no leap year", "2026-03-01T00:00:00Z", "Feb 29 12:00:00", null],
];

test("parseSyslog() gives the newest year that does not put the message into the future", () => {
  for (const [name, received, sent, timestamp] of yearCases) {
    const got = parseSyslog(Buffer.from(`<13>${sent} h a: m`), {
      receivedAtMs: Date.parse(received),
      zone: utc,
    });
    assert.equal(got.parsed && got.timestamp, timestamp, name);
  }
});

test("parseSyslog() takes the configured time zone where the sender gives none", () => {
  const zone = new TimeZone("Europe/Berlin");
  const at = (text: string) => {
    const got = parseSyslog(Buffer.from(`<13>${text} h a: m`), { receivedAtMs: Date.UTC(2026, 9, 26), zone });
    return got.parsed ? got.timestamp : undefined;
  };
  assert.equal(at("Oct 11 22:14:15"), "2026-10-11T20:14:15Z");
  assert.equal(at("Jan 11 22:14:15"), "2026-01-11T21:14:15Z");
  // The clock goes forward on 29 March 2026, 02:00, and back on 25 October, 03:00.
  assert.equal(at("Mar 29 01:59:59"), "2026-03-29T00:59:59Z");
  assert.equal(at("Mar 29 03:00:00"), "2026-03-29T01:00:00Z");
  assert.equal(at("Oct 25 01:30:00"), "2026-10-24T23:30:00Z");
  assert.equal(at("Oct 25 03:30:00"), "2026-10-25T02:30:00Z");
  assert.equal(at("2026-10-11T22:14:15Z"), "2026-10-11T22:14:15Z");
  assert.throws(() => new TimeZone("Nowhere/Land"), RangeError);
});

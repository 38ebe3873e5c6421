import type { StatsdRecord } from "@fairlead/contracts";
import { parseTags } from "./tags.ts";

/** The part of a record that the line itself says. */
type Message<Kind extends StatsdRecord["kind"]> = Omit<
  Extract<StatsdRecord, { kind: Kind }>,
  "kind" | "seq" | "windowStart" | "windowEnd" | "receivedAt" | "from"
>;

/** A DogStatsD event, passed through as it is. */
export type EventMessage = Message<"event">;

/** A DogStatsD service check, passed through as it is. Its status: 0 ok, 1 warning, 2 critical, 3 unknown. */
export type ServiceCheckMessage = Message<"service-check">;

const fieldNames: Readonly<Record<string, string>> = {
  h: "hostname",
  p: "priority",
  t: "alertType",
  k: "aggregationKey",
  s: "sourceType",
  c: "container",
  e: "externalData",
};

const cardinality = "card:";

/** `d:`, `h:`, `#tags` and so on, in any order; what is not known is left out. Undefined when a timestamp is none. */
function parseFields(sections: readonly string[]): { tags: string[]; timestamp?: number } | undefined {
  const fields: Record<string, string> = {};
  let tags: string[] = [];
  let timestamp: number | undefined;
  for (const section of sections) {
    if (section.startsWith("#")) {
      tags = parseTags(section.slice(1));
    } else if (section.startsWith("d:")) {
      if (!/^d:\d{1,12}$/.test(section)) return undefined;
      timestamp = Number(section.slice(2));
    } else if (section.startsWith(cardinality)) {
      fields["cardinality"] = section.slice(cardinality.length);
    } else if (section[1] === ":" && Object.hasOwn(fieldNames, section[0]!)) {
      fields[fieldNames[section[0]!]!] = section.slice(2);
    }
  }
  return { ...fields, tags, ...(timestamp === undefined ? {} : { timestamp }) };
}

/** Newlines are sent as the two characters `\n`, because a line end ends the line. */
const withNewlines = (text: string) => text.replaceAll("\\n", "\n");

const eventHead = /^_e\{(\d{1,6}),(\d{1,6})\}:/;

/** `_e{<title bytes>,<text bytes>}:<title>|<text>|<fields>`; the lengths count UTF-8 bytes and escapes as sent. */
export function parseEvent(line: string): EventMessage | undefined {
  const head = eventHead.exec(line);
  if (head === null) return undefined;
  const body = Buffer.from(line.slice(head[0].length));
  const titleEnd = Number(head[1]);
  const textEnd = titleEnd + 1 + Number(head[2]);
  if (titleEnd === 0 || body[titleEnd] !== 0x7c || textEnd > body.length) return undefined;
  const rest = body.subarray(textEnd).toString("utf8");
  if (rest !== "" && rest[0] !== "|") return undefined;
  const fields = parseFields(rest.split("|").slice(1));
  if (fields === undefined) return undefined;
  return {
    title: withNewlines(body.subarray(0, titleEnd).toString("utf8")),
    text: withNewlines(body.subarray(titleEnd + 1, textEnd).toString("utf8")),
    ...fields,
  };
}

/** What begins a field behind the message of a service check, where the client writes one. */
const fieldBehindMessage = /\|(?=c:|e:|card:|#|d:\d|h:)/;

/**
 * `_sc|<name>|<status>|<fields>`, where `m:<message>` may stand anywhere among the fields. The message may contain bars: the
 * message goes on up to a field that begins like a known one, or to the end.
 */
export function parseServiceCheck(line: string): ServiceCheckMessage | undefined {
  const messageAt = line.indexOf("|m:");
  const [, name, status, ...before] = (messageAt === -1 ? line : line.slice(0, messageAt)).split("|");
  if (!name || status === undefined || !/^[0-3]$/.test(status)) return undefined;
  const text = messageAt === -1 ? "" : line.slice(messageAt + 3);
  const end = fieldBehindMessage.exec(text)?.index ?? text.length;
  const fields = parseFields([...before, ...text.slice(end).split("|")]);
  if (fields === undefined) return undefined;
  return {
    name,
    status: Number(status),
    ...fields,
    ...(messageAt === -1 ? {} : { message: withNewlines(text.slice(0, end)) }),
  };
}

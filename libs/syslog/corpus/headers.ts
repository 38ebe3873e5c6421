import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { parseSyslog } from "../src/parse.ts";
import { TimeZone } from "../src/time-zone.ts";

/** One shape of a header: a message in our own words, the right values, and the setting or manual that says so. */
export interface Shape {
  readonly maker: string;
  readonly rule: string;
  readonly sent: string;
  readonly right: Readonly<Record<string, unknown>>;
  /** Why another reading could be defended. */
  readonly debatable: string | undefined;
}

const table = new URL("headers.tsv", import.meta.url);
const zone = new TimeZone("UTC");
const receivedAtMs = Date.UTC(2026, 9, 11, 22, 14, 16);
const escapes: Readonly<Record<string, string>> = { "\\t": "\t", "\\0": "\0", "\\ufeff": "\ufeff" };

const unescaped = (text: string) => text.replace(/\\(?:t|0|ufeff)/g, (mark) => escapes[mark]!);
const cellValue = (cell: string) => (cell === "-" ? null : unescaped(cell));

/** The rows of headers.tsv. In the table "-" stands for null, and `more` holds further values as JSON. */
export function readShapes(): Shape[] {
  const [, ...rows] = readFileSync(table, "utf8").trimEnd().split("\n");
  return rows.map((row) => {
    const [maker = "", rule = "", sent = "", timestamp, hostname, appName, procId, message, json] =
      row.split("\t");
    const { debatable, ...more } = (json ? JSON.parse(json) : {}) as { debatable?: string };
    const values = { timestamp, hostname, appName, procId, message };
    const fields = Object.entries(values).map(([name, cell = "-"]) => [name, cellValue(cell)] as const);
    // A message that is right not to be understood has no fields.
    const right = "parsed" in more ? more : { ...Object.fromEntries(fields), ...more };
    return { maker, rule, sent: unescaped(sent), right, debatable };
  });
}

/** The values that the parser reads otherwise, by field. */
export function misreadings({ sent, right }: Shape): Record<string, unknown> {
  const read = JSON.parse(JSON.stringify(parseSyslog(Buffer.from(sent), { receivedAtMs, zone })));
  return Object.fromEntries(
    Object.entries(right)
      .filter(([field, value]) => !isDeepStrictEqual(read[field], value))
      .map(([field]) => [field, read[field]]),
  );
}

import assert from "node:assert/strict";
import { tailEvents } from "@fairlead/client";
import { decodeRecords } from "@fairlead/contracts";
import { Sender } from "./senders.ts";

/** Lines in the log by the name that they begin with, in the order of the log. */
export type StoredLines = Map<string, string[]>;

/** Everything behind `after`, and the offset of the last event. */
export async function readStored(
  url: string,
  after: number,
): Promise<{ lines: StoredLines; lastOffset: number }> {
  const lines: StoredLines = new Map();
  let lastOffset = after;
  for await (const { offset, event } of tailEvents(
    { url },
    { after, follow: false, types: ["tcp.records"] },
  )) {
    lastOffset = offset;
    for (const { payload } of decodeRecords(event)) {
      const text = payload.toString();
      const name = text.slice(0, text.indexOf(" "));
      const known = lines.get(name);
      if (known) known.push(text);
      else lines.set(name, [text]);
    }
  }
  return { lines, lastOffset };
}

/** Nothing acknowledged is missing, and its order is kept: it is a prefix of what was sent, without gap, repeat or change. */
export function assertNothingLost(sender: Sender, stored: StoredLines): void {
  const lines = stored.get(sender.name) ?? [];
  assert.ok(
    lines.length >= sender.acknowledged,
    `${sender.name}: ${sender.acknowledged} acknowledged, ${lines.length} stored`,
  );
  assertPrefix(sender, lines.slice(0, sender.acknowledged));
}

/** The same for everything that is stored, acknowledged or not. */
export function assertNothingLostOrTorn(sender: Sender, stored: StoredLines): void {
  assertNothingLost(sender, stored);
  assertPrefix(sender, stored.get(sender.name) ?? []);
}

function assertPrefix(sender: Sender, lines: readonly string[]): void {
  lines.forEach((line, index) => {
    if (line === Sender.line(sender.name, index + 1)) return;
    assert.fail(`${sender.name}: record ${index + 1} is ${JSON.stringify(line)}`);
  });
}

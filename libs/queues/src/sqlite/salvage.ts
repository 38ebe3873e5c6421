/** Reading what can be read of a damaged file. */
import type { DatabaseSync } from "node:sqlite";
import { type SqlValue, salvageFile, transact } from "@fairlead/sqlite";
import { crcOf } from "./row.ts";

type Found =
  | { readonly kind: "message"; readonly columns: readonly (string | number | null)[] }
  | { readonly kind: "body"; readonly seq: number; readonly body: Buffer };

export interface Saved {
  readonly messages: number;
  /** Those among the messages that became dead letters, because they were damaged. */
  readonly damaged: number;
}

/** Copies every readable message; one without a sound body becomes a dead letter, so that somebody sees it. */
export function salvage(path: string, into: DatabaseSync, nowMs: number): Saved {
  // A row may come twice where the list of free pages is broken.
  const insertMessage = into.prepare(
    "INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const insertBody = into.prepare("INSERT OR IGNORE INTO bodies (seq, body) VALUES (?, ?)");
  return transact(into, () => {
    for (const found of salvageFile(path, "live", identify)) {
      if (found.kind === "message") insertMessage.run(...found.columns);
      else insertBody.run(found.seq, found.body);
    }
    into.exec("DELETE FROM bodies WHERE seq NOT IN (SELECT seq FROM messages)");
    const damaged = findDamaged(into);
    const die = into.prepare("UPDATE messages SET died_ms = ?, reason = 'damaged on disk' WHERE seq = ?");
    for (const seq of damaged) {
      die.run(nowMs, seq);
      insertBody.run(seq, Buffer.alloc(0));
    }
    const messages = Number(into.prepare("SELECT count(*) AS n FROM messages").get()?.["n"]);
    return { messages, damaged: damaged.length };
  });
}

/** Tells the two tables apart by the shape of their rows, as database.ts makes them. */
function identify(seq: number, values: readonly SqlValue[]): Found | undefined {
  if (values.length === 2) {
    const [, body] = values;
    return Buffer.isBuffer(body) ? { kind: "body", seq, body } : undefined;
  }
  if (values.length !== 12) return undefined;
  const [, kind, id, headers, ...others] = values;
  const numbers = others.slice(0, 6);
  const [reason = null, diedMs = null] = others.slice(6);
  if (!numbers.every((value) => typeof value === "number")) return undefined;
  if (diedMs !== null && typeof diedMs !== "number") return undefined;
  // A flipped bit can make bytes of a text: the checksum says whether the text is right.
  const texts = [kind, id, headers].map(String);
  return {
    kind: "message",
    columns: [seq, ...texts, ...numbers, reason === null ? null : String(reason), diedMs],
  };
}

/** Sequence numbers of the messages whose body is missing or whose checksum is wrong. */
function findDamaged(db: DatabaseSync): number[] {
  const damaged: number[] = [];
  const all = db.prepare(
    "SELECT m.seq, id, headers, crc, body FROM messages m LEFT JOIN bodies b ON b.seq = m.seq",
  );
  for (const { seq, id, headers, crc, body } of all.iterate()) {
    const isSound = body instanceof Uint8Array && crcOf(String(id), String(headers), body) === Number(crc);
    if (!isSound) damaged.push(Number(seq));
  }
  return damaged;
}

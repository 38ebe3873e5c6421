/** Reading what can be read of a damaged file, row by row. */
import { DatabaseSync } from "node:sqlite";
import { isCorruption, transact } from "@fairlead/sqlite";
import { crcOf } from "./row.ts";

const columns = "seq, kind, id, headers, bytes, crc, due_ms, ticket, redeliveries, retries, reason, died_ms";
/** Rows that are tried one by one behind a page that cannot be read; then in growing steps. */
const tries = 1_000;

/** Copies every readable message; one without a sound body becomes a dead letter, so that somebody sees it. */
export function salvage(
  path: string,
  into: DatabaseSync,
  nowMs: number,
): { messages: number; damaged: number } {
  let messages = 0;
  let damaged = 0;
  let from: DatabaseSync;
  try {
    from = new DatabaseSync(path, { timeout: 0, readOnly: false });
  } catch (error) {
    if (isCorruption(error)) return { messages, damaged };
    throw error;
  }
  try {
    const insertMessage = into.prepare(
      `INSERT INTO messages (${columns}) VALUES (${columns.replaceAll(/\w+/g, "?")})`,
    );
    const insertBody = into.prepare("INSERT INTO bodies (seq, body) VALUES (?, ?)");
    transact(into, () => {
      for (const row of readableRows(from)) {
        const { seq, id, headers, crc } = row;
        const body = bodyOf(from, Number(seq));
        const isSound = body !== undefined && crcOf(String(id), String(headers), body) === Number(crc);
        const died = isSound ? {} : { died_ms: nowMs, reason: "damaged on disk" };
        insertMessage.run(...Object.values({ ...row, ...died }));
        insertBody.run(seq!, body ?? Buffer.alloc(0));
        messages++;
        if (!isSound) damaged++;
      }
    });
  } finally {
    from.close();
  }
  return { messages, damaged };
}

type Row = Record<string, number | bigint | string | Uint8Array | null>;

function* readableRows(from: DatabaseSync): Generator<Row> {
  let after = 0;
  let failures = 0;
  while (Number.isSafeInteger(after)) {
    try {
      const statement = from.prepare(
        `SELECT ${columns} FROM messages NOT INDEXED WHERE seq > ? ORDER BY seq LIMIT 1`,
      );
      const row = statement.get(after);
      if (row === undefined) return;
      after = Number(row["seq"]);
      failures = 0;
      yield row as Row;
    } catch (error) {
      if (!isCorruption(error) && !isUnreadable(error)) throw error;
      failures++;
      after += failures <= tries ? 1 : 2 ** Math.min(52, failures - tries);
    }
  }
}

/** Its table cannot even be named: the schema is damaged. SQLite says SQLITE_ERROR then. */
const isUnreadable = (error: unknown) =>
  error instanceof Error &&
  "errcode" in error &&
  error.errcode === 1 &&
  error.message.includes("no such table");

function bodyOf(from: DatabaseSync, seq: number): Uint8Array | undefined {
  try {
    const row = from.prepare("SELECT body FROM bodies WHERE seq = ?").get(seq);
    return row?.["body"] instanceof Uint8Array ? row["body"] : undefined;
  } catch (error) {
    if (isCorruption(error) || isUnreadable(error)) return undefined;
    throw error;
  }
}

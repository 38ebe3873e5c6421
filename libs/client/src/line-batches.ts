import { ClientError } from "./errors.ts";

/** Whole lines in one piece, each ended by LF. */
export interface LineBatch {
  readonly bytes: Buffer;
  /** The number of lines, at least 1. */
  readonly count: number;
}

const lineFeed = 10;
const newline = Buffer.from("\n");

/**
 * Cuts each chunk of a byte stream behind its last line feed. The unterminated rest at the end becomes a line. The bytes of the
 * lines stay unchanged.
 * @param maxLineBytes a longer line raises LINE_TOO_LONG, and no more bytes than these are held. Default 1 MiB.
 * @throws {ClientError} LINE_TOO_LONG
 */
export async function* readLineBatches(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes: number = 2 ** 20,
): AsyncGenerator<LineBatch, void, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const part of source) {
    const chunk = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    const end = chunk.lastIndexOf(lineFeed) + 1;
    if (end > 0) {
      const bytes =
        held.length > 0 ? Buffer.concat([...held, chunk.subarray(0, end)]) : chunk.subarray(0, end);
      yield { bytes, count: countLines(bytes, maxLineBytes) };
      held = [];
      heldBytes = 0;
    }
    if (end === chunk.length) continue;
    held.push(chunk.subarray(end));
    heldBytes += chunk.length - end;
    if (heldBytes > maxLineBytes) throw tooLong(maxLineBytes);
  }
  if (heldBytes > 0) yield { bytes: Buffer.concat([...held, newline]), count: 1 };
}

/** Makes a line of each text. @throws {ClientError} LINE_TOO_LONG. A text that contains a line feed is several lines */
export function lineBatchOf(texts: readonly string[], maxLineBytes: number = 2 ** 20): LineBatch {
  const bytes = Buffer.from(`${texts.join("\n")}\n`);
  return { bytes, count: countLines(bytes, maxLineBytes) };
}

function countLines(bytes: Buffer, maxLineBytes: number): number {
  let count = 0;
  for (let start = 0; start < bytes.length; count++) {
    const end = bytes.indexOf(lineFeed, start);
    if (end - start > maxLineBytes) throw tooLong(maxLineBytes);
    start = end + 1;
  }
  return count;
}

function tooLong(maxLineBytes: number): ClientError {
  return new ClientError("LINE_TOO_LONG", `Cannot send a line: it is longer than ${maxLineBytes} bytes`);
}

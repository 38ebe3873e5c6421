import { isUtf8 } from "node:buffer";
import { formatAddress } from "@fairlead/core";
import { addressBytes } from "./address-bytes.ts";
import { ContractError } from "./errors.ts";
import { type FrameRecords, formatMicros, type Records } from "./records.ts";

const lineFeed = 0x0a;

/** The size of one record of the records container without address and payload. */
export const recordHeaderBytes = 4 + 1 + 2 + 8;

/**
 * The lines container: each record ended by LF. A batch that has its lines in one piece is passed on without a copy.
 *
 * @throws {ContractError} RECORD_UNENCODABLE when a record contains LF
 */
export function encodeLines(frames: FrameRecords): Uint8Array {
  if (frames.lines) return frames.lines;
  const lines = Buffer.allocUnsafe(frames.payloadBytes + frames.count);
  let end = 0;
  for (let index = 0; index < frames.count; index++) {
    const frame = frames.frame(index);
    if (frame.includes(lineFeed)) {
      throw new ContractError(
        "RECORD_UNENCODABLE",
        `Cannot put record ${index} into lines: it contains a line feed, use another container`,
      );
    }
    lines.set(frame, end);
    end += frame.length;
    lines[end++] = lineFeed;
  }
  return lines;
}

/** The records container, written into one buffer: payload, source address and receive time of each record. */
export function encodeRecords(records: Records): Buffer {
  // No address has more than 16 bytes. Bytes that are not used are cut off at the end.
  const bytes = Buffer.allocUnsafe(records.payloadBytes + records.count * (recordHeaderBytes + 16));
  let end = 0;
  for (let index = 0; index < records.count; index++) {
    const payload = records.payload(index);
    const source = records.source(index);
    const address = source && addressBytes(source.host);
    const addressLength = address?.length ?? 0;
    const micros = records.receivedAtMicros(index);
    end = bytes.writeUInt32BE(recordHeaderBytes - 4 + addressLength + payload.length, end);
    bytes[end++] = addressLength;
    for (let at = 0; at < addressLength; at++) bytes[end++] = address![at]!;
    end = bytes.writeUInt16BE(addressLength === 0 ? 0 : source!.port, end);
    end = bytes.writeUInt32BE(Math.floor(micros / 2 ** 32), end);
    end = bytes.writeUInt32BE(micros % 2 ** 32, end);
    bytes.set(payload, end);
    end += payload.length;
  }
  return bytes.subarray(0, end);
}

/**
 * The NDJSON container, `{seq, time, from?, text | base64}` for each record. A payload that is UTF-8 is written as `text`.
 *
 * @param firstSeq the number of the first record: the event's `firstseq`
 */
export function encodeNdjson(records: Records, firstSeq: number): Buffer {
  let text = "";
  for (let index = 0; index < records.count; index++) {
    const bytes = records.payload(index);
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const source = records.source(index);
    const line = {
      seq: firstSeq + index,
      time: formatMicros(records.receivedAtMicros(index)),
      ...(source && { from: formatAddress(source) }),
      ...(isUtf8(payload) ? { text: payload.toString("utf8") } : { base64: payload.toString("base64") }),
    };
    text += `${JSON.stringify(line)}\n`;
  }
  return Buffer.from(text);
}

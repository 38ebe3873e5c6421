/** The lines that an ingest listener sends to its client (docs/explanation/conventions.md, Plain clients). Pure. */

/** `OK <n>`: the first n records of this connection are durable. */
export function encodeOk(records: number): string {
  return `OK ${records}\n`;
}

/** Longest text of an ERR line, in characters: a client may read it into a small buffer. */
export const maxErrTextLength = 200;

/**
 * `ERR <code> <text>`: one line whatever the text holds.
 *
 * @param code stable, upper case: programs branch on it
 */
export function encodeErr(code: string, text: string): string {
  // Anything but printable ASCII would be bytes that a client of fifteen lines does not expect.
  const line = text.replace(/[^\x20-\x7e]+/g, " ").slice(0, maxErrTextLength);
  return `ERR ${code} ${line}\n`;
}

/**
 * Frames that were refused while the connection goes on (oversize policy `drop`): they are in no count.
 *
 * @param afterRecord the record, counted as in OK, behind which the first of them stood, or an earlier one
 */
export function encodeDropped(frames: number, afterRecord: number, maxFrameBytes: number): string {
  const text = `after record ${afterRecord} dropped and not counted: over ${maxFrameBytes} bytes or no frame`;
  return encodeErr("FRAME_DROPPED", `${count(frames)} ${text}`);
}

/** Frames that were cut at the cap and are counted as records (oversize policy `truncate`). */
export function encodeTruncated(frames: number, afterRecord: number, maxFrameBytes: number): string {
  const text = `after record ${afterRecord} cut to ${maxFrameBytes} bytes and counted`;
  return encodeErr("FRAME_TRUNCATED", `${count(frames)} ${text}`);
}

const count = (frames: number) => (frames === 1 ? "1 frame" : `${frames} frames`);

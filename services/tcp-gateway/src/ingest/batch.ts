import type { FrameBatch } from "@fairlead/socket";

/** The same frames in pieces of at most `maxRecords` frames and `maxBytes` bytes; a larger frame is a piece of its own. */
export function slices(batch: FrameBatch, maxRecords: number, maxBytes: number): readonly FrameBatch[] {
  if (batch.count === 0) return [];
  if (batch.count <= maxRecords && (batch.payloadBytes <= maxBytes || batch.count === 1)) return [batch];
  const pieces: FrameBatch[] = [];
  let first = 0;
  let bytes = 0;
  for (let index = 0; index < batch.count; index++) {
    const frameBytes = batch.frame(index).length;
    if (index > first && (index - first === maxRecords || bytes + frameBytes > maxBytes)) {
      pieces.push(slice(batch, first, index, bytes));
      first = index;
      bytes = 0;
    }
    bytes += frameBytes;
  }
  pieces.push(slice(batch, first, batch.count, bytes));
  return pieces;
}

function slice(batch: FrameBatch, first: number, end: number, payloadBytes: number): FrameBatch {
  return {
    count: end - first,
    payloadBytes,
    frame: (index) => batch.frame(first + index),
    dropped: 0,
    truncated: 0,
    lostBytes: 0,
    isPartial: batch.isPartial === true && end === batch.count,
  };
}

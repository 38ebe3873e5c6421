import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRecords, eventTypes, recordsEvent } from "@fairlead/contracts";
import fc from "fast-check";
import { cutLines, cutRecords, halve, type Piece, rawLine, type Selection } from "./pieces.ts";

function selectionOf(payloads: readonly Buffer[]): Selection {
  return {
    count: payloads.length,
    payload: (index) => payloads[index]!,
    payloadLength: (index) => payloads[index]!.length,
    source: (index) => ({ family: "ipv4", host: `192.0.2.${index % 256}`, port: 514 }),
    receivedAtMicros: (index) => 1_000 * index,
  };
}

const cutters = {
  records: cutRecords,
  ndjson: (datagrams: Selection) => cutLines((index) => rawLine(datagrams, index, index + 1)),
} as const;

const unlimited = { maxRecords: 1_000_000, maxBytes: 1_000_000 };

function recordsOf({ data, mediaType, from, to }: Piece) {
  const fields = { source: "/s", subject: "s", data, recordCount: to - from, firstSeq: from + 1 };
  return [...decodeRecords(recordsEvent(eventTypes.udpRecords, { ...fields, datacontenttype: mediaType }))];
}

test("halve() gives the records that went in, in their order, until each is alone", () => {
  const datagrams = fc.array(fc.uint8Array({ maxLength: 40 }).map(Buffer.from), {
    minLength: 1,
    maxLength: 40,
  });
  for (const [name, cutter] of Object.entries(cutters)) {
    fc.assert(
      fc.property(datagrams, (payloads) => {
        const [whole] = [...cutter(selectionOf(payloads))(payloads.length, unlimited)] as [Piece];
        const alone = (piece: Piece): Piece[] =>
          piece.to - piece.from === 1 ? [piece] : halve(piece).flatMap(alone);
        assert.deepEqual(alone(whole).flatMap(recordsOf), recordsOf(whole), name);
      }),
    );
  }
});

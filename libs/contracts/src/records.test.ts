import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { anyRecord, asFrames, asRecords, eventOf, expected, read } from "../test/samples.ts";
import { encodeLines, encodeNdjson, encodeRecords } from "./encode-records.ts";
import { recordContainers } from "./names.ts";
import { type FrameRecords, framesAsRecords } from "./records.ts";

const { lines, records, ndjson } = recordContainers;
const manyRecords = fc.array(anyRecord, { maxLength: 8 });
const firstSeqs = fc.integer({ min: 1, max: 2 ** 50 });

describe("decodeRecords() of what was encoded gives it back", () => {
  test("records: payload, source, time, number", () => {
    fc.assert(
      fc.property(manyRecords, firstSeqs, (samples, firstseq) => {
        const event = eventOf(records, encodeRecords(asRecords(samples)), {
          firstseq,
          recordcount: samples.length,
        });
        assert.deepEqual(read(event), { records: expected(samples, firstseq), error: undefined });
      }),
    );
  });

  test("NDJSON: payload of any bytes, source, time, number", () => {
    fc.assert(
      fc.property(manyRecords, firstSeqs, (samples, firstseq) => {
        const data = encodeNdjson(asRecords(samples), firstseq);
        const decoded = read(eventOf(ndjson, data, { firstseq, recordcount: samples.length }));
        const wanted = samples.map(({ payload, from }, index) => ({
          ...expected(samples, firstseq)[index]!,
          payload: Buffer.from(payload),
          // Text: as it was written.
          ...(from && { from }),
        }));
        assert.deepEqual(decoded, { records: wanted, error: undefined });
      }),
    );
  });

  test("lines: any bytes but LF, CR included", () => {
    const payloads = fc.array(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.filter((byte) => byte !== 0x0a)),
    );
    fc.assert(
      fc.property(payloads, firstSeqs, (payloads, firstseq) => {
        const event = eventOf(lines, encodeLines(asFrames(payloads)), {
          firstseq,
          recordcount: payloads.length,
        });
        const wanted = payloads.map((payload, index) => ({
          seq: firstseq + index,
          payload: Buffer.from(payload),
        }));
        assert.deepEqual(read(event), { records: wanted, error: undefined });
      }),
    );
  });

  test("single: the data is the record, whatever its media type", () => {
    const data = Buffer.from("\n{}");
    assert.deepEqual(read(eventOf("application/hl7-v2", data, { firstseq: 7, recordcount: 1 })).records, [
      { seq: 7, payload: data },
    ]);
    assert.deepEqual(read(eventOf("text/plain", data, { from: "[::1]:9" })).records, [
      { seq: 1, payload: data, from: { host: "::1", port: 9 } },
    ]);
  });
});

describe("encodeLines()", () => {
  test("passes lines that are in one piece on without a copy", () => {
    const inOnePiece: FrameRecords = { ...asFrames([Buffer.from("a")]), lines: Buffer.from("a\n") };
    assert.equal(encodeLines(inOnePiece), inOnePiece.lines);
  });

  test("refuses a record with LF in it", () => {
    assert.throws(() => encodeLines(asFrames([Buffer.from("a\nb")])), { code: "RECORD_UNENCODABLE" });
  });
});

describe("encodeRecords()", () => {
  test("writes the bytes that contracts.md names", () => {
    const from = { host: "192.0.2.1", port: 0x1234 };
    const frames = framesAsRecords(asFrames([Buffer.from("ab")]), { from, receivedAtMicros: 0x1_0000_0002 });
    const bytes = "00000011" + "04" + "c0000201" + "1234" + "0000000100000002" + "6162";
    assert.equal(encodeRecords(frames).toString("hex"), bytes);
  });

  test("leaves out a source that is no IP address", () => {
    const from = { host: "/run/app.sock", port: 0 };
    const frames = framesAsRecords(asFrames([Buffer.from("x")]), { from, receivedAtMicros: 0 });
    assert.equal(encodeRecords(frames).toString("hex"), `0000000c${"00"}${"0000"}${"00".repeat(8)}78`);
  });
});

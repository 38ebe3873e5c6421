import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { anyRecord, asFrames, asRecords, eventOf, read } from "../test/samples.ts";
import { encodeLines, encodeNdjson, encodeRecords } from "./encode-records.ts";
import { recordContainers } from "./names.ts";

const { lines, records, ndjson } = recordContainers;
const at = { micros: 1_767_225_600_123_456, from: { host: "192.0.2.1", port: 5 } };
const three = ["one", "two", "three"].map((text) => ({ ...at, payload: Buffer.from(text) }));
const binary = encodeRecords(asRecords(three));
const json = encodeNdjson(asRecords(three), 1);
const text = encodeLines(asFrames(three.map(({ payload }) => payload)));

/** A copy with other bytes at a place. */
function patched(bytes: Buffer, place: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, place);
  return copy;
}

const second = 4 + 1 + 4 + 2 + 8 + 3;

describe("decodeRecords() of a damaged container gives the good records, then raises RECORDS_INVALID", () => {
  for (const [title, mediaType, data, good] of [
    ["lines without their last LF", lines, text.subarray(0, -1), 2],
    ["records that end inside a payload", records, binary.subarray(0, -1), 2],
    ["records that end inside a header", records, binary.subarray(0, second + 6), 1],
    ["a length beyond the end", records, patched(binary, second, 0, 0, 1, 0), 1],
    ["a length less than the header", records, patched(binary, second, 0, 0, 0, 14), 1],
    ["an address of 5 bytes", records, patched(binary, second + 4, 5), 1],
    ["an address that does not fit", records, patched(binary.subarray(0, second + 19), second + 4, 16), 1],
    ["an impossible time", records, patched(binary, second + 11, 0xff), 1],
    ["NDJSON that is no JSON", ndjson, Buffer.from(json.toString().replace('{"seq":2', "{seq:2")), 1],
    ["NDJSON of arrays", ndjson, Buffer.from(`${json}[]\n`), 3],
    ["NDJSON with a wrong number", ndjson, Buffer.from(json.toString().replace('"seq":3', '"seq":4')), 2],
    ["NDJSON without its last LF", ndjson, json.subarray(0, -1), 2],
  ] as const) {
    test(title, () => {
      const decoded = read(eventOf(mediaType, data, { firstseq: 1 }));
      assert.deepEqual([decoded.records.length, decoded.error], [good, "RECORDS_INVALID"]);
      assert.equal(decoded.records[0]?.payload.toString(), "one");
    });
  }

  for (const mediaType of [lines, records, ndjson]) {
    const data = { [lines]: text, [records]: binary, [ndjson]: json }[mediaType];
    test(`${mediaType} with fewer or more records than recordcount says`, () => {
      for (const recordcount of [2, 4]) {
        const decoded = read(eventOf(mediaType, data, { recordcount }));
        assert.deepEqual([decoded.records.length, decoded.error], [3, "RECORDS_INVALID"]);
      }
    });
  }

  for (const value of ["x", -1, 1.5, "1e3", true]) {
    test(`firstseq ${JSON.stringify(value)} gives no record`, () => {
      const decoded = read(eventOf(lines, text, { firstseq: value }));
      assert.deepEqual([decoded.records.length, decoded.error], [0, "RECORDS_INVALID"]);
    });
  }

  test("firstseq that became text on its way is a number", () => {
    assert.equal(read(eventOf(lines, text, { firstseq: "41", recordcount: "3" })).records[2]?.seq, 43);
  });
});

test("decodeRecords() of any bytes raises nothing but RECORDS_INVALID", () => {
  const damage = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.array(anyRecord, { maxLength: 4 }),
      damage,
      fc.constantFrom(lines, records, ndjson),
      (samples, [place, byte], type) => {
        const bytes = encodeRecords(asRecords(samples));
        if (bytes.length > 0) bytes[place % bytes.length] = byte;
        const { error } = read(eventOf(type, bytes));
        assert.ok(error === undefined || error === "RECORDS_INVALID");
      },
    ),
    { numRuns: 500 },
  );
});

test("decodeRecords() of decoded syslog or statsd gives each line as the payload, with its time and sender", () => {
  const line =
    '{"seq":1,"receivedAt":"2026-01-01T00:00:00.000001Z","from":"192.0.2.1:5","text":"title and more"}';
  assert.deepEqual(read(eventOf(ndjson, Buffer.from(`${line}\n`))).records, [
    {
      seq: 1,
      payload: Buffer.from(line),
      fields: { receivedAt: "2026-01-01T00:00:00.000001Z", text: "title and more" },
      time: "2026-01-01T00:00:00.000001Z",
      from: { host: "192.0.2.1", port: 5 },
    },
  ]);
});

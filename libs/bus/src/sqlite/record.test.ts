import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { plain } from "../contract/support.ts";
import { bodyChecksum, rowChecksum } from "./checksum.ts";
import { Packer } from "./packer.ts";
import { decodeRecords, encodeHead } from "./record.ts";

const text = fc.string({ unit: "binary" });
const eventArbitrary = fc
  .record(
    {
      id: text,
      source: text,
      type: text,
      time: text,
      datacontenttype: text,
      data: fc.uint8Array({ maxLength: 5_000 }),
      extensions: fc.dictionary(
        fc.stringMatching(/^[a-z0-9]{1,20}$/),
        fc.oneof(text, fc.integer(), fc.boolean()),
        {
          noNullPrototype: true,
        },
      ),
    },
    { noNullPrototype: true },
  )
  .chain((event) =>
    fc
      .option(text, { nil: undefined })
      .map((subject) => (subject === undefined ? event : { ...event, subject })),
  );

test("decodeRecords() gives what was packed, from any size of the first buffer", () => {
  fc.assert(
    fc.property(
      fc.array(eventArbitrary, { maxLength: 20 }),
      fc.integer({ min: 0, max: 4_096 }),
      (events, size) => {
        const packer = new Packer(size);
        let bytes = 0;
        for (const event of events)
          bytes += packer.add(0, undefined, event.type, encodeHead(event), event.data);
        assert.equal(packer.bytes, bytes);
        const logged = decodeRecords(Buffer.from(packer.take(), 0, packer.bytes), packer.count, 1_000);
        assert.deepEqual(
          logged.map(({ event }) => plain(event)),
          events.map(plain),
        );
        assert.deepEqual(
          logged.map(({ offset }) => offset),
          events.map((_, index) => 1_000 + index),
        );
      },
    ),
  );
});

test("rowChecksum() over the parts is bodyChecksum() over the whole, and tells offsets apart", () => {
  fc.assert(
    fc.property(fc.nat(), text, fc.uint8Array(), fc.uint8Array(), (offset, type, head, data) => {
      const body = Buffer.concat([Buffer.from(type), head, data]);
      assert.equal(rowChecksum(offset, type, head, data), bodyChecksum(offset, body));
      assert.notEqual(bodyChecksum(offset, body), bodyChecksum(offset + 1, body));
    }),
  );
});

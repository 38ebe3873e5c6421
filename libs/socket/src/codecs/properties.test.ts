import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  byteByByte,
  decode,
  everyFraming,
  headerBound,
  meaningfulBytes,
  places,
  sample,
  sampleCap,
  split,
} from "../../test/splitting.ts";
import type { OversizePolicy } from "../codec.ts";

/** The text as a payload that the framing can carry. */
const fitting = ({ name }: { name: string }, text: string) =>
  name === "json" ? `"${text}"` : name === "octet-counting" ? `<1>${text}` : text;

const policies: readonly OversizePolicy[] = ["drop", "truncate", "close"];

describe("decode(encode(x)) is x, in any split", () => {
  for (const { title, codec, payload } of everyFraming.map((framing) => sample(framing))) {
    test(title, () => {
      fc.assert(
        fc.property(fc.array(payload, { maxLength: 8 }), places, (payloads, cuts) => {
          const bytes = Buffer.concat(payloads.map((each) => codec.encode(each)));
          const frames = payloads.map((each) => Buffer.from(each).toString("latin1"));
          for (const chunks of [[bytes], split(bytes, cuts), byteByByte(bytes)]) {
            const decoded = decode(codec, chunks);
            assert.deepEqual(decoded.frames, frames);
            assert.equal(decoded.error, undefined);
            assert.equal(decoded.dropped + decoded.truncated, 0);
          }
        }),
      );
    });
  }
});

describe("isFrameOpen is true inside a frame and false between frames", () => {
  const samples = policies.flatMap((oversize) =>
    everyFraming.map((framing) => sample(framing, { oversize })),
  );
  for (const { title, codec, options, payload } of samples) {
    test(title, () => {
      fc.assert(
        fc.property(payload, fc.nat(), (each, place) => {
          const bytes = codec.encode(each);
          const decoder = codec.createDecoder();
          assert.equal(decoder.isFrameOpen, false);
          // The line feed behind a JSON value is needed for scalars only, the CR of MLLP never.
          const end =
            options.name === "json" || options.name === "mllp" ? Math.max(1, bytes.length - 1) : bytes.length;
          const cut = place % end;
          decoder.push(bytes.subarray(0, cut));
          assert.equal(decoder.isFrameOpen, cut > 0);
          decoder.push(bytes.subarray(cut));
          assert.equal(decoder.isFrameOpen, false);
        }),
        { numRuns: 30 },
      );
    });
  }

  test("of a frame that is passed over, too", () => {
    for (const framing of everyFraming.filter(({ name }) => name !== "fixed")) {
      const text = "x".repeat(100);
      const wide = sample(framing, { maxFrameBytes: 1_000 });
      const bytes = wide.codec.encode(Buffer.from(fitting(framing, text)));
      const decoder = sample(framing, { oversize: "drop" }).codec.createDecoder();
      assert.equal(decoder.push(bytes.subarray(0, 70)).dropped, 1);
      assert.deepEqual([decoder.isFrameOpen, decoder.heldBytes], [true, 0], wide.title);
      decoder.push(bytes.subarray(70));
      assert.equal(decoder.isFrameOpen, false);
    }
  });
});

describe("any bytes: the same in any split, our own errors only, never more held than cap and header", () => {
  const samples = everyFraming.flatMap((framing) =>
    policies.map((oversize) => sample(framing, { oversize })),
  );
  const small = everyFraming
    .filter((framing) => framing.name !== "fixed")
    .flatMap((framing) => policies.map((oversize) => sample(framing, { oversize, maxFrameBytes: 2 })));
  for (const { title, codec, options } of [...samples, ...small]) {
    test(`${title} of ${options.maxFrameBytes}`, () => {
      fc.assert(
        fc.property(meaningfulBytes, places, (bytes, cuts) => {
          const { maxHeldBytes: _, ...whole } = decode(codec, [bytes]);
          for (const chunks of [split(bytes, cuts), byteByByte(bytes)]) {
            const { maxHeldBytes, ...decoded } = decode(codec, chunks);
            assert.deepEqual(decoded, whole);
            assert.ok(maxHeldBytes <= options.maxFrameBytes + headerBound, `${maxHeldBytes} bytes held`);
          }
        }),
        { numRuns: 60 },
      );
    });
  }
});

describe("a frame over the cap between two good ones", () => {
  for (const framing of everyFraming.filter(({ name }) => name !== "fixed")) {
    const wide = sample(framing, { maxFrameBytes: 1_000 });
    const size = framing.name === "length-prefix" && framing.lengthBytes === 1 ? 200 : 700;
    const fits = (text: string) => fitting(framing, text);
    const [first, large, last] = [fits("one"), fits("x".repeat(size)), fits("last")];
    const bytes = Buffer.concat([first, large, last].map((text) => wide.codec.encode(Buffer.from(text))));
    const splits = [[bytes], byteByByte(bytes), split(bytes, [5, 30, 31, 90])];

    test(`${wide.title}: drop gives the good ones and counts 1`, () => {
      const { codec } = sample(framing, { oversize: "drop" });
      for (const chunks of splits) {
        const { frames, dropped, truncated, maxHeldBytes } = decode(codec, chunks);
        assert.deepEqual([frames, dropped, truncated], [[first, last], 1, 0]);
        assert.ok(maxHeldBytes <= sampleCap + headerBound);
      }
    });

    test(`${wide.title}: truncate cuts it to the cap and counts 1`, () => {
      const { codec } = sample(framing, { oversize: "truncate" });
      for (const chunks of splits) {
        const { frames, dropped, truncated, maxHeldBytes } = decode(codec, chunks);
        assert.deepEqual([frames, dropped, truncated], [[first, large.slice(0, sampleCap), last], 0, 1]);
        assert.ok(maxHeldBytes <= sampleCap + headerBound);
      }
    });

    test(`${wide.title}: close gives the frame before and raises FRAME_TOO_LARGE`, () => {
      const { codec } = sample(framing, { oversize: "close" });
      for (const chunks of splits) {
        const { frames, error } = decode(codec, chunks);
        assert.deepEqual([frames, error], [[first], "FRAME_TOO_LARGE"]);
      }
      const decoder = codec.createDecoder();
      assert.throws(() => decoder.push(bytes), { code: "FRAME_TOO_LARGE" });
      assert.throws(() => decoder.push(Buffer.from("more")), { code: "FRAME_INVALID" });
      assert.throws(() => decoder.end(), { code: "FRAME_INVALID" });
    });
  }
});

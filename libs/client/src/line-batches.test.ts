import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineBatchOf, readLineBatches } from "./line-batches.ts";

async function collect(chunks: readonly string[], maxLineBytes?: number) {
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const batches = [];
  for await (const { bytes, count } of readLineBatches(source(), maxLineBytes)) {
    batches.push({ text: bytes.toString(), count });
  }
  return batches;
}

const cases: readonly { name: string; chunks: string[]; expected: { text: string; count: number }[] }[] = [
  { name: "nothing", chunks: [], expected: [] },
  { name: "empty chunks", chunks: ["", ""], expected: [] },
  { name: "one chunk of two lines", chunks: ["a\nb\n"], expected: [{ text: "a\nb\n", count: 2 }] },
  { name: "empty lines", chunks: ["\n\n"], expected: [{ text: "\n\n", count: 2 }] },
  {
    name: "a line in three chunks",
    chunks: ["a", "b", "c\nd"],
    expected: [
      { text: "abc\n", count: 1 },
      { text: "d\n", count: 1 },
    ],
  },
  {
    name: "an unterminated rest",
    chunks: ["a\nrest"],
    expected: [
      { text: "a\n", count: 1 },
      { text: "rest\n", count: 1 },
    ],
  },
];

for (const { name, chunks, expected } of cases) {
  test(`readLineBatches() cuts ${name} when it comes so`, async () => {
    assert.deepEqual(await collect(chunks), expected);
  });
}

test("readLineBatches() gives the same lines when the bytes are split anywhere", async () => {
  const text = fc.stringMatching(/^[ab\n]{0,40}$/);
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(40)), async (whole, cuts) => {
      const at = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].sort(
        (a, b) => a - b,
      );
      const batches = await collect(at.slice(1).map((end, index) => whole.slice(at[index], end)));
      const expected = whole === "" || whole.endsWith("\n") ? whole : `${whole}\n`;
      assert.equal(batches.map((batch) => batch.text).join(""), expected);
      for (const batch of batches) assert.equal(batch.count, batch.text.split("\n").length - 1);
    }),
  );
});

test("readLineBatches() refuses a line when it is longer than the cap, terminated or not", async () => {
  const refused = { code: "LINE_TOO_LONG" };
  await assert.rejects(collect(["abcd"], 3), refused);
  await assert.rejects(collect(["ab", "cd"], 3), refused);
  await assert.rejects(collect(["abcd\n"], 3), refused);
  await assert.rejects(collect(["ab", "cd\n"], 3), refused);
  assert.deepEqual(await collect(["abc\nabc"], 3), [
    { text: "abc\n", count: 1 },
    { text: "abc\n", count: 1 },
  ]);
});

test("lineBatchOf() counts a text of two lines as two", () => {
  const { bytes, count } = lineBatchOf(["a", "b\nc"]);
  assert.equal(bytes.toString(), "a\nb\nc\n");
  assert.equal(count, 3);
});

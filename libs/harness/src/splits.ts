import fc from "fast-check";

/**
 * Every way in which a network may hand over these bytes: a list of chunks whose concatenation is `bytes`, with empty
 * and one-byte chunks among them. Shrinks towards a single chunk.
 */
export function splits(bytes: Uint8Array): fc.Arbitrary<Buffer[]> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cuts = fc.array(fc.nat(whole.length), { maxLength: Math.min(whole.length + 2, 64) });
  const atCuts = cuts.map((unsorted) => {
    const places = [0, ...unsorted.toSorted((a, b) => a - b), whole.length];
    return places.slice(1).map((end, i) => whole.subarray(places[i]!, end));
  });
  const byteByByte = fc.constant(Array.from(whole, (_, i) => whole.subarray(i, i + 1)));
  return fc.oneof({ weight: 4, arbitrary: atCuts }, { weight: 1, arbitrary: byteByByte });
}

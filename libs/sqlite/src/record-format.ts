import { readVarint } from "./pages.ts";

export type SqlValue = null | number | string | Buffer;

/** Bytes of an integer or float by its serial type (https://sqlite.org/fileformat2.html, 2.1). */
const fixedBytes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** The columns of a row. @throws {RangeError} when the payload is not a record */
export function parseRecord(payload: Buffer): SqlValue[] {
  const header = readVarint(payload, 0);
  const values: SqlValue[] = [];
  let at = header.value;
  for (let position = header.end; position < header.value; ) {
    const serial = readVarint(payload, position);
    position = serial.end;
    const { value, end } = readValue(payload, at, serial.value);
    values.push(value);
    at = end;
  }
  return values;
}

function readValue(payload: Buffer, at: number, serial: number): { value: SqlValue; end: number } {
  if (serial >= 12) {
    const end = at + Math.floor((serial - 12) / 2);
    if (end > payload.length) throw new RangeError("a column ends past the record");
    const bytes = payload.subarray(at, end);
    return { value: serial % 2 === 0 ? bytes : bytes.toString(), end };
  }
  const size = fixedBytes[serial];
  if (size === undefined) throw new RangeError(`serial type ${serial} is reserved`);
  const end = at + size;
  if (serial === 0) return { value: null, end };
  if (serial === 7) return { value: payload.readDoubleBE(at), end };
  if (serial >= 8) return { value: serial - 8, end };
  if (size <= 6) return { value: payload.readIntBE(at, size), end };
  return { value: Number(payload.readBigInt64BE(at)), end };
}

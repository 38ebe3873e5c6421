import type { CloudEvent } from "@fairlead/contracts";
import fc from "fast-check";
import { decodeRecords } from "../src/decode-records.ts";
import { ContractError } from "../src/errors.ts";
import { isExtensionName } from "../src/event.ts";
import { type DecodedRecord, type FrameRecords, formatMicros, type Records } from "../src/records.ts";

/** For the tests of contracts: what `decodeRecords` gave before its end or its error. */
export interface Read {
  readonly records: readonly DecodedRecord[];
  readonly error: string | undefined;
}

/** Nothing but a ContractError may come out. */
export function read(event: CloudEvent): Read {
  const records: DecodedRecord[] = [];
  try {
    for (const record of decodeRecords(event)) records.push(record);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { records, error: error.code };
  }
  return { records, error: undefined };
}

export function eventOf(
  datacontenttype: string,
  data: Uint8Array,
  extensions: CloudEvent["extensions"] = {},
): CloudEvent {
  return {
    id: "1",
    source: "/test",
    type: "t",
    time: "2026-01-01T00:00:00Z",
    datacontenttype,
    data,
    extensions,
  };
}

export interface SampleRecord {
  readonly payload: Uint8Array;
  readonly from?: { readonly host: string; readonly port: number } | undefined;
  readonly micros: number;
}

export const anyRecord: fc.Arbitrary<SampleRecord> = fc.record({
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: "binary", maxLength: 10 }).map((text) => Buffer.from(text)),
  ),
  from: fc.option(
    fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.nat(65_535) }, { noNullPrototype: true }),
    {
      nil: undefined,
    },
  ),
  micros: fc.nat(2 ** 53 - 1),
});

export function asRecords(samples: readonly SampleRecord[]): Records {
  return {
    count: samples.length,
    payloadBytes: samples.reduce((sum, { payload }) => sum + payload.length, 0),
    payload: (index) => samples[index]!.payload,
    source: (index) => samples[index]!.from,
    receivedAtMicros: (index) => samples[index]!.micros,
  };
}

export function asFrames(payloads: readonly Uint8Array[]): FrameRecords {
  return {
    count: payloads.length,
    payloadBytes: payloads.reduce((sum, payload) => sum + payload.length, 0),
    frame: (index) => payloads[index]!,
  };
}

/** What a container that carries everything gives back. */
export function expected(samples: readonly SampleRecord[], firstSeq: number): unknown[] {
  return samples.map(({ payload, from, micros }, index) => ({
    seq: firstSeq + index,
    payload: Buffer.from(payload),
    time: formatMicros(micros),
    ...(from && { from: { host: canonical(from.host), port: from.port } }),
  }));
}

/** Other spellings of an address become the one of RFC 5952. */
export function canonical(host: string): string {
  return host.includes(":") ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host;
}

export const anyEvent: fc.Arbitrary<CloudEvent> = fc
  .record({
    id: fc.string({ minLength: 1 }),
    source: fc.string({ minLength: 1 }),
    type: fc.string({ minLength: 1 }),
    subject: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    time: fc
      .date({ noInvalidDate: true, min: new Date("1970-01-01"), max: new Date("9999-01-01") })
      .map((date) => date.toISOString()),
    datacontenttype: fc.constantFrom(
      "application/json",
      "application/problem+json; charset=utf-8",
      "text/plain",
      "application/vnd.fairlead.lines",
      "application/octet-stream",
    ),
    data: fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
    ),
    extensions: fc.dictionary(
      fc.stringMatching(/^[a-z0-9]{1,20}$/).filter(isExtensionName),
      fc.oneof(fc.string(), fc.integer(), fc.boolean()),
      { maxKeys: 4, noNullPrototype: true },
    ),
  })
  .map(({ subject, ...rest }) => ({ ...rest, ...(subject !== undefined && { subject }) }));

/** With data as a Buffer and without the prototype of what fast-check made, so that deepEqual compares values. */
export function plain(event: CloudEvent): CloudEvent {
  return { ...event, data: Buffer.from(event.data), extensions: { ...event.extensions } };
}

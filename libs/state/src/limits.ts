import { StateError } from "./errors.ts";

/**
 * The longest name, key, id or room, in bytes of UTF-8. Keys come from outside (Idempotency-Key), so their length must be bounded.
 */
export const maxKeyBytes = 1_024;

/** The largest outcome or value, in bytes of UTF-8. */
export const maxValueBytes = 64 * 1_024;

/** The longest expiry, in milliseconds: 400 days. Nothing is kept for ever. */
export const maxTtlMs = 400 * 86_400_000;

/**
 * @throws {StateError} VALUE_TOO_LARGE for a key over the cap; INVALID_ARGUMENT for an empty key, and for a NUL, which separates
 *   parts
 */
export function checkKey(what: string, key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > maxKeyBytes) {
    throw new StateError(
      "VALUE_TOO_LARGE",
      `Cannot use this ${what}: ${bytes} bytes, at most ${maxKeyBytes}`,
    );
  }
  if (bytes === 0 || key.includes("\0") || !key.isWellFormed()) {
    const state = bytes === 0 ? "it is empty" : "it has a NUL or half of a surrogate pair in it";
    throw new StateError("INVALID_ARGUMENT", `Cannot use this ${what}: ${state}`);
  }
}

/** @throws {StateError} INVALID_ARGUMENT */
export function checkTtl(ttlMs: number): void {
  if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > maxTtlMs) {
    throw new StateError(
      "INVALID_ARGUMENT",
      `Cannot keep anything for ${ttlMs} ms: give a whole number from 1 to ${maxTtlMs}`,
    );
  }
}

/** @throws {StateError} VALUE_TOO_LARGE */
export function checkSize(what: string, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxValueBytes) {
    throw new StateError(
      "VALUE_TOO_LARGE",
      `Cannot keep this ${what}: ${bytes} bytes, at most ${maxValueBytes}`,
    );
  }
}

/** The JSON of a value to be kept. @throws {StateError} VALUE_TOO_LARGE; INVALID_ARGUMENT for undefined */
export function encodeValue(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) {
    throw new StateError("INVALID_ARGUMENT", `Cannot keep a value of type ${typeof value}: it has no JSON`);
  }
  checkSize("value", json);
  return json;
}

/** @throws {StateError} INVALID_ARGUMENT */
export function checkRate(ratePerSecond: number, burst: number): void {
  const isRate = Number.isFinite(ratePerSecond) && ratePerSecond > 0;
  if (!isRate || !Number.isSafeInteger(burst) || burst < 1 || burst / ratePerSecond > maxTtlMs / 1_000) {
    throw new StateError(
      "INVALID_ARGUMENT",
      `Cannot limit to ${ratePerSecond}/s with a burst of ${burst}: the rate must be above 0, the burst a whole ` +
        "number from 1, and the burst back within 400 days",
    );
  }
}

/** @throws {StateError} INVALID_ARGUMENT */
export function checkPage(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
    throw new StateError(
      "INVALID_ARGUMENT",
      `Cannot list ${limit} at once: give a whole number from 1 to 10000`,
    );
  }
}

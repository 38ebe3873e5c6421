import { FairleadError } from "@fairlead/core";
import type { FrameLimits } from "./options.ts";

export function badCodec(state: string): FairleadError {
  return new FairleadError("BAD_CODEC", `Cannot create codec: ${state}`);
}

/** @throws {FairleadError} BAD_CODEC when the value is no whole number from `min` to `max` */
export function requireInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw badCodec(`${name} is ${JSON.stringify(value)}, not a whole number from ${min} to ${max}`);
}

/** @throws {FairleadError} BAD_CODEC when the value is none of the choices */
export function requireChoice<T>(name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw badCodec(`${name} is ${JSON.stringify(value)}, not one of ${choices.join(", ")}`);
}

export function requireLimits(limits: FrameLimits): void {
  requireInteger("maxFrameBytes", limits.maxFrameBytes, 1, 2 ** 30);
  requireChoice("oversize", limits.oversize, ["drop", "truncate", "close"]);
}

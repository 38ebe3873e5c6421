import type { BusErrorCode } from "@fairlead/bus";
import { FairleadError, reasonOf } from "@fairlead/core";

/**
 * Why the bus did not take something, as the ledger's reason: from the code of an error of ours; "internal" for whatever
 * else was thrown, which the log has.
 */
export function rejectReason(error: unknown): string {
  return error instanceof FairleadError ? reasonOf(error.code) : "internal";
}

type Reason<Code extends string> = Code extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}-${Reason<Rest>}`
  : Lowercase<Code>;

/** Codes of the opening: publish never has them. */
type PublishErrorCode = Exclude<BusErrorCode, "LOG_IN_USE" | "LOG_TOO_NEW">;

const known: Readonly<Record<Reason<PublishErrorCode> | "internal", true>> = {
  "log-full": true,
  "event-too-large": true,
  "bus-overloaded": true,
  "bus-closed": true,
  "bus-failed": true,
  internal: true,
};

/** Every reason that `rejectReason` gives for an error of `publish`. */
export const busRejectReasons: readonly string[] = Object.keys(known);

import type { BusErrorCode } from "@fairlead/bus";
import { FairleadError, reasonOf } from "@fairlead/core";

/**
 * The ledger's reason for an event that the bus did not take: the code of our error in kebab-case. A foreign error is
 * "internal"; the log has its text.
 */
export function rejectReason(error: unknown): string {
  return error instanceof FairleadError ? reasonOf(error.code) : "internal";
}

type Reason<Code extends string> = Code extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}-${Reason<Rest>}`
  : Lowercase<Code>;

/** The codes that publish raises. The others belong to the opening of a bus. */
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

import { errorCode, FairleadError } from "@fairlead/core";

/** What becomes of an event that the bus did not take. */
export type PublishFailure =
  | { readonly action: "retry" }
  | { readonly action: "reject"; readonly reason: "too-large" | "refused" };

/**
 * The one place where an error of the bus becomes a decision. What is not known to be final is tried again: a datagram
 * has no acknowledgement, so its sender will not.
 */
export function publishFailure(error: unknown): PublishFailure {
  if (errorCode(error) === "EVENT_TOO_LARGE") return { action: "reject", reason: "too-large" };
  if (error instanceof FairleadError && !error.retryable) return { action: "reject", reason: "refused" };
  return { action: "retry" };
}

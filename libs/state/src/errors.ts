import { FairleadError } from "@fairlead/core";

export type StateErrorCode =
  | "STATE_UNAVAILABLE"
  | "STATE_CLOSED"
  | "VALUE_TOO_LARGE"
  | "INVALID_ARGUMENT"
  | "STATE_IN_USE";

/** An operation of the shared state failed. STATE_UNAVAILABLE is retryable, and the operation may or may not have happened. */
export class StateError extends FairleadError {
  declare readonly code: StateErrorCode;
}

import { FairleadError } from "@fairlead/core";

export type ContractErrorCode =
  /** A record container that cannot be read to its end; what was good was given before. */
  | "RECORDS_INVALID"
  /** A record that its container cannot hold: a line with a line feed in it. */
  | "RECORD_UNENCODABLE"
  /** Attributes or wire form that are no CloudEvent. */
  | "EVENT_INVALID";

/** Data that breaks a contract of contracts.md. Never retryable: the same data breaks it again. */
export class ContractError extends FairleadError {
  declare readonly code: ContractErrorCode;
}

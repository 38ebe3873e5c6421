import { FairleadError } from "@fairlead/core";

export type ContractErrorCode =
  /** A record container cannot be read to its end. All records before the damage were given. */
  | "RECORDS_INVALID"
  /** A container cannot hold a record: a line that has a line feed. */
  | "RECORD_UNENCODABLE"
  /** Attributes or a wire form are those of no CloudEvent. */
  | "EVENT_INVALID";

/**
 * Data that breaks a contract (docs/reference/events.md). The error is never retryable: the same data breaks the contract
 * again.
 */
export class ContractError extends FairleadError {
  declare readonly code: ContractErrorCode;
}

import { FairleadError } from "@fairlead/core";

export type SqliteFileErrorCode = "FILE_IN_USE" | "FILE_TOO_NEW" | "FILE_FAILED" | "FILE_CLOSED";

/** A file cannot be locked, opened or used. The package that owns the file says so under a code of its own. */
export class SqliteFileError extends FairleadError {
  declare readonly code: SqliteFileErrorCode;

  constructor(code: SqliteFileErrorCode, message: string, cause?: unknown) {
    super(code, message, { retryable: code === "FILE_FAILED", cause });
  }
}

/** A file and what it is called in messages. */
export interface NamedFile {
  readonly path: string;
  /** With its article: "the event log". */
  readonly title: string;
}

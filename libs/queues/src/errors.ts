import { type ErrorData, FairleadError } from "@fairlead/core";
import type { ErrorFacts, SqliteFileErrorCode } from "@fairlead/sqlite";

export const queueErrorCodes = [
  "QUEUE_FULL",
  "MESSAGE_TOO_LARGE",
  "BAD_MESSAGE",
  "QUEUES_OVERLOADED",
  "QUEUES_CLOSED",
  "QUEUES_FAILED",
  "QUEUES_IN_USE",
  "QUEUES_TOO_NEW",
] as const;

export type QueueErrorCode = (typeof queueErrorCodes)[number];

const retryableCodes: ReadonlySet<QueueErrorCode> = new Set([
  "QUEUE_FULL",
  "QUEUES_OVERLOADED",
  "QUEUES_FAILED",
]);

/**
 * A queue could not take or give a message. Nothing that raises this was accepted, with one exception: after QUEUES_FAILED
 * a message may be in the queue (the answer was lost on its way), so a repeat must carry the same id.
 */
export class QueueError extends FairleadError {
  declare readonly code: QueueErrorCode;

  /** @param options `retryable` follows from the code where it is not given */
  constructor(
    code: QueueErrorCode,
    message: string,
    options: { retryable?: boolean; data?: ErrorData; cause?: unknown } = {},
  ) {
    super(code, message, { retryable: retryableCodes.has(code), ...options });
  }
}

const fileCodes: Readonly<Record<SqliteFileErrorCode, QueueErrorCode>> = {
  FILE_IN_USE: "QUEUES_IN_USE",
  FILE_TOO_NEW: "QUEUES_TOO_NEW",
  FILE_FAILED: "QUEUES_FAILED",
  FILE_CLOSED: "QUEUES_CLOSED",
};

/** The error behind the facts; one of the file gets a code of the queues. */
export const queueErrorFrom = ({ code, message, retryable }: ErrorFacts): QueueError =>
  new QueueError(fileCodes[code as SqliteFileErrorCode] ?? (code as QueueErrorCode), message, { retryable });

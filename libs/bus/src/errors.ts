import { type ErrorData, FairleadError, toError } from "@fairlead/core";
import type { ErrorFacts, SqliteFileErrorCode } from "@fairlead/sqlite";

export const busErrorCodes = [
  "LOG_FULL",
  "EVENT_TOO_LARGE",
  "BUS_OVERLOADED",
  "BUS_CLOSED",
  "BUS_FAILED",
  "LOG_IN_USE",
  "LOG_TOO_NEW",
] as const;

export type BusErrorCode = (typeof busErrorCodes)[number];

const retryableCodes: ReadonlySet<BusErrorCode> = new Set(["LOG_FULL", "BUS_OVERLOADED", "BUS_FAILED"]);

/**
 * The bus could not take or give an event. Nothing that raises this was accepted; after BUS_FAILED the event may still
 * be stored (the answer was lost on its way), so a repeat must carry the same id.
 */
export class BusError extends FairleadError {
  declare readonly code: BusErrorCode;

  /** @param options `retryable` follows from the code where it is not given */
  constructor(
    code: BusErrorCode,
    message: string,
    options: { retryable?: boolean; data?: ErrorData; cause?: unknown } = {},
  ) {
    super(code, message, { retryable: retryableCodes.has(code), ...options });
  }
}

/** There is never room for such an event: to try again would be in vain. */
export function largerThanPending(type: string, bytes: number, maxPendingBytes: number): BusError {
  const state = `it has ${bytes} bytes and ${maxPendingBytes} at most may wait to be durable`;
  return new BusError("EVENT_TOO_LARGE", `Cannot publish an event of type ${type.slice(0, 80)}: ${state}`);
}

/** An error that crosses a thread or a process boundary, where classes do not. */
export interface BusErrorFacts {
  readonly code: BusErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export function busErrorFacts(thrown: unknown): BusErrorFacts {
  if (thrown instanceof BusError) {
    const { code, message, retryable } = thrown;
    return { code, message, retryable };
  }
  return { code: "BUS_FAILED", message: toError(thrown).message, retryable: true };
}

const fileCodes: Readonly<Record<SqliteFileErrorCode, BusErrorCode>> = {
  FILE_IN_USE: "LOG_IN_USE",
  FILE_TOO_NEW: "LOG_TOO_NEW",
  FILE_FAILED: "BUS_FAILED",
  FILE_CLOSED: "BUS_CLOSED",
};

/** The error behind the facts; one of the file gets a code of the bus. */
export const busErrorFrom = ({ code, message, retryable }: ErrorFacts): BusError =>
  new BusError(fileCodes[code as SqliteFileErrorCode] ?? (code as BusErrorCode), message, { retryable });

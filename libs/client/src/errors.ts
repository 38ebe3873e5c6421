import type { ProblemDetail } from "@fairlead/contracts";
import { errorCode, FairleadError } from "@fairlead/core";

export type ClientErrorCode =
  | "UNREACHABLE"
  | "TIMED_OUT"
  | "NOT_FAIRLEAD"
  | "STREAM_BROKEN"
  | "STREAM_SILENT"
  | "EVENT_TOO_LARGE"
  | "NOT_ACKNOWLEDGED"
  | "LINE_TOO_LONG";

/** Fairlead could not be reached, or gave an answer that makes no sense. */
export class ClientError extends FairleadError {
  declare readonly code: ClientErrorCode;
}

/** Fairlead answered with an error: `application/problem+json` (RFC 9457), or a bare status of a proxy between. */
export class ProblemResponse extends FairleadError {
  readonly status: number;
  /** The type URI of the problem; "about:blank" where the answer names none. */
  readonly type: string;
  /** The faults of the input, with their places. */
  readonly errors: readonly ProblemDetail[];
  /** From `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    {
      status,
      type,
      errors,
      retryAfterMs,
    }: Pick<ProblemResponse, "status" | "type" | "errors" | "retryAfterMs">,
  ) {
    super(code, message, {
      retryable: status >= 500 || status === 429 || status === 408,
      data: { status },
    });
    this.status = status;
    this.type = type;
    this.errors = errors;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The errors of the system in words for the person who typed the address. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  CONNECTION_REFUSED: "connection refused",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name server does not answer",
  NAME_NOT_FOUND: "the name is not known",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  UNREACHABLE: "no route to the host",
  ETIMEDOUT: "no answer in time",
  TIMED_OUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  ECONNRESET: "the connection was reset",
  CONNECTION_RESET: "the connection was reset",
  UND_ERR_SOCKET: "the connection was closed before an answer came",
};

/** Why a connection failed, in a few words. The search goes through `cause` and through the errors of an `AggregateError`. */
export function connectionFailure(thrown: unknown): string {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const known = reasons[errorCode(error) ?? ""];
    if (known !== undefined) return known;
    if (error instanceof AggregateError && error.errors.length > 0) return connectionFailure(error.errors[0]);
    if (error.cause === undefined) return error.message;
  }
  return String(thrown);
}

/** The error for an address where nobody answers. */
export function unreachable(address: string, cause: unknown): ClientError {
  return new ClientError(
    "UNREACHABLE",
    `Cannot reach Fairlead at ${address}: ${connectionFailure(cause)}. Is it running? Start it with: npm start`,
    { retryable: true, data: { address }, cause },
  );
}

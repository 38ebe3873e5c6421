import type { Problem, ProblemDetail } from "@fairlead/contracts";
import { FairleadError, reasonOf, toError } from "@fairlead/core";
import type { z } from "zod";
import { configWords } from "../config/explain.ts";
import { http } from "./node-http.ts";

/** The media type of problem details (RFC 9457, 3). */
export const problemMediaType = "application/problem+json";

/** An answer that is a problem, to be thrown by a handler. */
export class ProblemError extends FairleadError {
  readonly status: number;
  readonly errors: readonly ProblemDetail[];
  readonly headers: Readonly<Record<string, string>>;

  /** @param code upper case: "NOT_FOUND" @param message the `detail` */
  constructor(
    status: number,
    code: string,
    message: string,
    options: {
      errors?: readonly ProblemDetail[];
      headers?: Readonly<Record<string, string>>;
      cause?: unknown;
    } = {},
  ) {
    super(code, message, { retryable: status === 429 || status === 503, cause: options.cause });
    this.status = status;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }

  toBody(requestId?: string): Problem {
    return {
      type: `urn:fairlead:problem:${reasonOf(this.code)}`,
      title: http.STATUS_CODES[this.status] ?? "Error",
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(requestId === undefined ? {} : { requestId }),
      ...(this.errors.length === 0 ? {} : { errors: [...this.errors] }),
    };
  }
}

/** Our codes of the errors that Express and its body reader raise, by the `type` of the error. */
const readerCodes: Readonly<Record<string, string>> = {
  "entity.too.large": "BODY_TOO_LARGE",
  "entity.parse.failed": "BODY_INVALID",
  "encoding.unsupported": "ENCODING_UNSUPPORTED",
  "charset.unsupported": "CHARSET_UNSUPPORTED",
  "request.aborted": "REQUEST_ABORTED",
  "request.size.invalid": "BODY_INCOMPLETE",
};

/**
 * The problem for anything that a handler threw. Our own retryable errors (LOG_FULL, BUS_OVERLOADED) become 503 with their code.
 * All other errors become INTERNAL_ERROR, and the client learns no more of them.
 */
export function toProblem(thrown: unknown): ProblemError {
  if (thrown instanceof ProblemError) return thrown;
  if (thrown instanceof FairleadError && thrown.retryable) {
    return new ProblemError(503, thrown.code, thrown.message, {
      headers: { "retry-after": "1" },
      cause: thrown,
    });
  }
  const { status, type, message } = toError(thrown) as Error & { status?: unknown; type?: unknown };
  if (typeof status === "number" && status >= 400 && status < 500) {
    const code = readerCodes[String(type)] ?? "BAD_REQUEST";
    return new ProblemError(status, code, `Cannot read the request: ${message}`, { cause: thrown });
  }
  return new ProblemError(
    500,
    "INTERNAL_ERROR",
    "Cannot answer: an internal error; the log has it under the requestId",
    {
      cause: thrown,
    },
  );
}

/** Checks a part of a request. @throws {ProblemError} 400 (422 for a body) with every error and its place */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: "path" | "query" | "body",
): z.output<Schema> {
  const checked = schema.safeParse(value, { error: configWords });
  if (checked.success) return checked.data;
  const errors = checked.error.issues.flatMap((issue) => {
    const paths =
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    const detail = issue.code === "unrecognized_keys" ? "is not known" : issue.message;
    return paths.map((path) =>
      part === "body" ? { pointer: jsonPointer(path), detail } : { parameter: String(path[0] ?? ""), detail },
    );
  });
  const words = errors.map((one) => `${one.pointer ?? one.parameter} ${one.detail}`).join("; ");
  const status = part === "body" ? 422 : 400;
  throw new ProblemError(status, "INPUT_INVALID", `Cannot use the ${part}: ${words}`, { errors });
}

function jsonPointer(path: readonly PropertyKey[]): string {
  return `#${path.map((step) => `/${encodeURIComponent(String(step).replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("")}`;
}

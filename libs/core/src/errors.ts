/** Plain facts about an error, safe to log and to put into a reply. */
export type ErrorData = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * The root of every error that Fairlead raises on purpose. Branch on `code`, never on the message.
 * Grammar of the message (docs/explanation/conventions.md, Code): "Cannot <verb> <object>: <state and limit>".
 */
export class FairleadError extends Error {
  /** Stable, upper case, part of the public contract: "LOG_FULL", "FRAME_TOO_LARGE". */
  readonly code: string;
  /** True when the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;
  readonly data: ErrorData;

  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; data?: ErrorData; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.data = options.data ?? {};
  }
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The `code` of our errors and of Node's system errors ("ECONNRESET"); undefined for anything else. */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** An error code as a label value or a `reason` of an event: "FRAME_TOO_LARGE" -> "frame-too-large". */
export function reasonOf(code: string): string {
  return code.toLowerCase().replaceAll("_", "-");
}

/** For a `switch` that must stay exhaustive. @throws {TypeError} always */
export function unreachable(value: never): never {
  throw new TypeError(`Cannot handle value ${JSON.stringify(value)}: the switch does not know it`);
}

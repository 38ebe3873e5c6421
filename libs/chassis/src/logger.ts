import { type Logger, printable, redactUrls } from "@fairlead/core";
import { pino } from "pino";
import { createHumanLines, type LineSink } from "./human-lines.ts";
import { standardOutput } from "./log-output.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** The field `service` of every line. A child may set another one. */
  readonly service: string;
  readonly level: LogLevel;
  /** "json": JSON lines for machines. "human": short lines for a terminal. Default "json". */
  readonly format?: "json" | "human";
  /** Default: standard output. */
  readonly sink?: LineSink;
}

const secretFields = ["authorization", "cookie", "token", "password", "secret", "passphrase"];
const secretPaths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

/**
 * Replaces passwords in an error. Its messages and its other fields may hold URLs with passwords, as `input` of an invalid URL does.
 * pino puts the messages of causes into `message` and `stack`.
 */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === "string" ? redactUrls(error) : error;
  const { aggregateErrors, raw: _raw, ...plain } = pino.stdSerializers.err(error);
  const fields = Object.entries(plain).map(([name, value]) => [
    name,
    typeof value === "string" ? redactUrls(value) : value,
  ]);
  return {
    ...Object.fromEntries(fields),
    message: redactUrls(plain.message),
    stack: redactUrls(plain.stack),
    ...(aggregateErrors
      ? { aggregateErrors: aggregateErrors.map((one: Error) => redactUrls(one.message)) }
      : {}),
  };
}

/** A logger of lines `{level, time, service, msg, traceId?, err?, ...fields}` with secrets replaced. */
export function createLogger(options: LoggerOptions): Logger {
  const output = options.sink ?? standardOutput();
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: { paths: secretPaths, censor: "***" },
    },
    options.format === "human" ? createHumanLines(output) : createJsonLines(output),
  );
}

/** JSON leaves C1 and marks of direction as they are, and peers put them into names and messages. */
function createJsonLines(output: LineSink): LineSink {
  return { write: (line) => output.write(`${printable(line.slice(0, -1))}\n`) };
}

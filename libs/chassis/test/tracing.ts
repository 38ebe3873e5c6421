import type { Logger } from "@fairlead/core";
import { MemoryMeter } from "@fairlead/core/memory-meter";
import { openTracing } from "../src/tracing/tracing.ts";

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** Keeps what is logged. */
export function memoryLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: { ...fields } });
  const logger: Logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => logger,
  };
  return { logger, lines };
}

/**
 * Tracing under these variables. They are those of the process until it is disposed, because the SDK reads them there: one
 * at a time. For tests.
 */
export async function startTestTracing(
  env: Readonly<Record<string, string>>,
  options: { flushMs?: number } = {},
) {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith("OTEL_")) delete process.env[name];
  // Nothing of a test is given up because its process stood still for ten seconds, the default.
  Object.assign(process.env, { OTEL_EXPORTER_OTLP_TIMEOUT: "600000", ...env });
  const { logger, lines } = memoryLogger();
  const meter = new MemoryMeter();
  const tracing = await openTracing({
    env: process.env,
    service: "test",
    version: "1.2.3",
    instance: "i-1",
    logger,
    meter,
    // Nothing of a test is lost because its process stood still at the end.
    flushMs: 60_000,
    ...options,
  });
  const lost = (reason: string) => meter.value("fairlead_traces_lost_spans_total", { reason });
  return {
    tracer: tracing.tracer,
    meter,
    lines,
    lost,
    sent: () => meter.value("fairlead_traces_sent_spans_total"),
    async [Symbol.asyncDispose]() {
      await tracing[Symbol.asyncDispose]();
      for (const name of ["OTEL_EXPORTER_OTLP_TIMEOUT", ...Object.keys(env)]) delete process.env[name];
      Object.assign(process.env, before);
    },
  };
}

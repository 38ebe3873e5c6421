import { type Clock, type Logger, type Meter, noTracer, systemClock, type Tracer } from "@fairlead/core";
import { readTracingSettings, type TracingEnvironment } from "./settings.ts";

export interface TracingOptions {
  /** The variables that decide whether anything is traced. The SDK reads its own variables from the environment of the process. */
  readonly env: TracingEnvironment;
  /** `service.name`, unless the environment has another name. */
  readonly service: string;
  readonly version: string;
  /** `service.instance.id` */
  readonly instance: string;
  readonly logger: Logger;
  readonly meter: Meter;
  /** The most milliseconds that disposing takes to send the last spans. Default 1,000. */
  readonly flushMs?: number;
  readonly clock?: Clock;
}

/** Disposing sends the spans that wait, within `flushMs`, and never fails. */
export interface Tracing extends AsyncDisposable {
  readonly tracer: Tracer;
}

/**
 * Tracing by the standard variables of OpenTelemetry. Tracing is off, and the SDK is not loaded, unless an OTLP endpoint is set. A
 * collector that is away or wrong is logged and counted, and disturbs nothing else.
 */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { env, logger, flushMs = 1_000, clock = systemClock } = options;
  const { settings, warnings } = readTracingSettings(env);
  for (const warning of warnings) logger.warn({}, warning);
  if (settings === undefined) return { tracer: noTracer, async [Symbol.asyncDispose]() {} };
  const { openOpenTelemetry } = await import("./open-telemetry.ts");
  const tracer = openOpenTelemetry({ ...options, settings, clock });
  return {
    tracer,
    async [Symbol.asyncDispose]() {
      const limit = new AbortController();
      using _ = clock.timer(flushMs, () => limit.abort());
      await tracer.close(limit.signal);
    },
  };
}

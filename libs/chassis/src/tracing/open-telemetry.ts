/**
 * The only file that loads OpenTelemetry. Others load this file by a dynamic import, because OpenTelemetry costs about 25 MiB and
 * a tenth of a second.
 */
import {
  type Clock,
  errorCode,
  formatTraceparent,
  type Logger,
  type Meter,
  parseTraceparent,
  redactUrls,
  type Span,
  type SpanOptions,
  type Tracer,
  toError,
} from "@fairlead/core";
import {
  type Span as ApiSpan,
  type Tracer as ApiTracer,
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { type Collector, createCollector } from "./collector.ts";
import type { TracingSettings } from "./settings.ts";
import { SpanQueue } from "./span-queue.ts";

export interface OpenTelemetryOptions {
  readonly settings: TracingSettings;
  readonly service: string;
  readonly version: string;
  readonly instance: string;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly clock: Clock;
}

/** A tracer that sends its spans. `close` sends the spans that wait, until the signal fires. */
export interface ExportingTracer extends Tracer {
  close(limit: AbortSignal): Promise<void>;
}

export function openOpenTelemetry(options: OpenTelemetryOptions): ExportingTracer {
  const { settings, logger, meter, clock } = options;
  const collector = withWarnings(logger, () => createCollector(clock, `Fairlead/${options.version}`));
  const queue = new SpanQueue({ ...settings, send: sendTo(collector), logger, meter, clock });
  const provider = new TracerProvider({
    resource: resourceOf(options),
    sampler: samplerOf(settings),
    spanProcessors: [queue],
  });
  const tracer = provider.getTracer("fairlead", options.version);
  logger.info({ url: redactUrls(collector.url), sampler: settings.sampler }, "traces are sent");
  return {
    isOn: true,
    start: (name, spanOptions) => startSpan(tracer, name, spanOptions),
    async close(limit) {
      await queue.close(limit);
      collector[Symbol.dispose]();
    },
  };
}

/**
 * The SDK warns of unknown settings through a logger of the whole process. That logger is ours while the SDK reads its settings.
 */
function withWarnings<T>(logger: Logger, read: () => T): T {
  const say = (message: string) => logger.warn({}, redactUrls(message));
  const quiet = () => {};
  const own = { error: say, warn: say, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(own, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  try {
    return read();
  } finally {
    diag.disable();
  }
}

/** OTEL_SERVICE_NAME goes before OTEL_RESOURCE_ATTRIBUTES, and both go before our own attributes. */
function resourceOf({ service, version, instance }: OpenTelemetryOptions) {
  const own = resourceFromAttributes({
    "service.name": service,
    "service.namespace": "fairlead",
    "service.version": version,
    "service.instance.id": instance,
  });
  const detectors = [resourceAttributesEnvDetector, serviceNameEnvDetector];
  return defaultResource().merge(own).merge(detectResources({ detectors }));
}

function samplerOf({ sampler, samplerRatio }: TracingSettings): Sampler {
  const [, parentBased, kind] = /^(parentbased_)?(.*)$/.exec(sampler) ?? [];
  const root =
    kind === "always_off"
      ? new AlwaysOffSampler()
      : kind === "traceidratio"
        ? new TraceIdRatioBasedSampler(samplerRatio)
        : new AlwaysOnSampler();
  return parentBased ? new ParentBasedSampler({ root }) : root;
}

function sendTo(collector: Collector) {
  return async (
    spans: readonly ReadableSpan[],
    limit: AbortSignal,
    closing: AbortSignal,
  ): Promise<number> => {
    const body = ProtobufTraceSerializer.serializeRequest([...spans]);
    if (body === undefined) return spans.length;
    const answer = await collector.send(body, limit, closing);
    return rejectedSpans(answer, spans.length);
  };
}

/** The number of spans that the collector rejected (OTLP 1.x, Partial Success). */
function rejectedSpans(answer: Buffer, sent: number): number {
  try {
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(answer);
    return Math.min(sent, Number(partialSuccess?.rejectedSpans ?? 0));
  } catch {
    // The collector took the spans, and its answer is of another form.
    return 0;
  }
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

function startSpan(tracer: ApiTracer, name: string, { kind, parent, attributes }: SpanOptions): Span {
  const options = { kind: kinds[kind], ...(attributes ? { attributes } : {}) };
  return sentSpan(tracer.startSpan(name, options, contextOf(parent)));
}

function contextOf(parent: string | undefined): Context {
  const found = parseTraceparent(parent);
  if (found === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = found;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
}

function sentSpan(span: ApiSpan): Span {
  return {
    get traceparent() {
      const { traceId, spanId, traceFlags } = span.spanContext();
      return formatTraceparent({ traceId, spanId, flags: traceFlags });
    },
    rename: (name) => void span.updateName(name),
    annotate: (attributes) => void span.setAttributes(attributes),
    end(error) {
      if (error !== undefined) {
        const { name, message } = toError(error);
        span.setAttribute("error.type", errorCode(error) ?? name);
        span.setStatus({ code: SpanStatusCode.ERROR, message: redactUrls(message) });
      }
      span.end();
    },
  };
}

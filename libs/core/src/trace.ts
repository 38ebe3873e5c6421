/**
 * Tracing as every library takes a tracer. The chassis implements the interface with OpenTelemetry. Nothing is traced by
 * default.
 */

export type SpanKind = "server" | "client" | "producer" | "consumer" | "internal";

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind: SpanKind;
  /** The `traceparent` of the work that this span is a part of. Without a valid one a new trace begins. */
  readonly parent?: string | undefined;
  /** The names are those of OpenTelemetry's semantic conventions, where these have a name. */
  readonly attributes?: SpanAttributes;
}

/** One piece of work, from its start to its end. */
export interface Span {
  /**
   * A message or request that carries this text becomes a part of the span (W3C Trace Context, 3.2). Undefined where nothing is
   * traced.
   */
  readonly traceparent: string | undefined;
  rename(name: string): void;
  annotate(attributes: SpanAttributes): void;
  /** To be called once. @param error the cause when the work has failed */
  end(error?: unknown): void;
}

export interface Tracer {
  /** False where nothing is traced. A caller then need not prepare anything for a span. */
  readonly isOn: boolean;
  start(name: string, options: SpanOptions): Span;
}

const noSpan: Span = { traceparent: undefined, rename() {}, annotate() {}, end() {} };

export const noTracer: Tracer = { isOn: false, start: () => noSpan };

/** The parts of a `traceparent`. */
export interface TraceContext {
  /** 32 hexadecimal digits in lower case, not all 0. */
  readonly traceId: string;
  /** 16 hexadecimal digits in lower case, not all 0: the parent's. */
  readonly spanId: string;
  /** One byte; bit 0: sampled. */
  readonly flags: number;
}

const pattern = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined for any text that is no `traceparent`. A later version may have more parts (W3C Trace Context, 3.2 and 4.3). */
export function parseTraceparent(value: unknown): TraceContext | undefined {
  if (typeof value !== "string") return undefined;
  const [, version, traceId, spanId, flags, more] = pattern.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "00" && more !== undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** A `traceparent` of version 00: 55 characters. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${(flags & 0xff).toString(16).padStart(2, "0")}`;
}

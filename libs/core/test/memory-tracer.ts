import { formatTraceparent, parseTraceparent, type Span, type SpanOptions, type Tracer } from "../src/mod.ts";

/** A span that a MemoryTracer has kept. */
export interface KeptSpan {
  name: string;
  readonly kind: SpanOptions["kind"];
  readonly parent: string | undefined;
  readonly traceparent: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** How often `end` was called: 1 when all is well. */
  ends: number;
  error?: unknown;
}

/** Keeps every span in memory, in the order of their starts. */
export class MemoryTracer implements Tracer {
  readonly isOn = true;
  readonly spans: KeptSpan[] = [];

  start(name: string, { kind, parent, attributes }: SpanOptions): Span {
    const spanId = (this.spans.length + 1).toString(16).padStart(16, "0");
    const traceId = parseTraceparent(parent)?.traceId ?? `${"0".repeat(15)}1${spanId}`;
    const traceparent = formatTraceparent({ traceId, spanId, flags: 1 });
    const all: Record<string, string | number | boolean> = { ...attributes };
    const kept: KeptSpan = { name, kind, parent, traceparent, attributes: all, ends: 0 };
    this.spans.push(kept);
    return {
      traceparent,
      rename(next) {
        kept.name = next;
      },
      annotate: (more) => void Object.assign(all, more),
      end(error) {
        kept.ends++;
        if (error !== undefined) kept.error = error;
      },
    };
  }
}

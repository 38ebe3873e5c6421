/**
 * The variables of OpenTelemetry that its SDK leaves to whoever sets it up (specification, "Environment Variable
 * Specification"). The others, from the endpoint to the certificates, the SDK reads itself.
 */
export type TracingEnvironment = Readonly<Record<string, string | undefined>>;

export const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type SamplerName = (typeof samplers)[number];

export interface TracingSettings {
  readonly sampler: SamplerName;
  /** The share of the traces that a sampler by ratio keeps, 0 to 1. */
  readonly samplerRatio: number;
  /** The most spans that wait to be sent. Further ones are dropped and counted. */
  readonly maxQueuedSpans: number;
  /** The most spans of one request to the collector. */
  readonly maxBatchSpans: number;
  /** The milliseconds from the first span that waits to the request, unless the spans fill a request before. */
  readonly delayMs: number;
}

/**
 * Undefined settings mean that nothing is traced. A variable with an impossible value is passed over, as the standard says, and
 * gives a warning.
 */
export interface ReadTracingSettings {
  readonly settings: TracingSettings | undefined;
  readonly warnings: readonly string[];
}

/** The most spans that may wait. More would hold hundreds of megabytes for a collector that is away. */
const mostQueuedSpans = 100_000;
const longestDelayMs = 3_600_000;

/** Reads the variables. Tracing is off unless an endpoint is set: nothing is sent to a default address that nobody asked for. */
export function readTracingSettings(env: TracingEnvironment): ReadTracingSettings {
  const warnings: string[] = [];
  const read = (name: string) => env[name]?.trim() || undefined;
  if (!isWanted(read, warnings)) return { settings: undefined, warnings };

  const whole = (name: string, fallback: number, least: number, most: number) => {
    const text = read(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    warnings.push(`${name} is passed over: ${text} is no whole number from ${least} to ${most}`);
    return fallback;
  };
  const protocol = read("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? read("OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol !== undefined && protocol.toLowerCase() !== "http/protobuf") {
    warnings.push(`the OTLP protocol ${protocol} is passed over: only http/protobuf is spoken`);
  }
  const maxQueuedSpans = whole("OTEL_BSP_MAX_QUEUE_SIZE", 2_048, 1, mostQueuedSpans);
  const maxBatchSpans = whole("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512, 1, mostQueuedSpans);
  const settings = {
    sampler: readSampler(read, warnings),
    samplerRatio: readRatio(read, warnings),
    maxQueuedSpans,
    maxBatchSpans: Math.min(maxQueuedSpans, maxBatchSpans),
    delayMs: whole("OTEL_BSP_SCHEDULE_DELAY", 5_000, 0, longestDelayMs),
  };
  return { settings, warnings };
}

type Read = (name: string) => string | undefined;

function isWanted(read: Read, warnings: string[]): boolean {
  const endpoint = read("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ?? read("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (endpoint === undefined || read("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return false;
  const exporters = (read("OTEL_TRACES_EXPORTER") ?? "otlp")
    .split(",")
    .map((name) => name.trim().toLowerCase());
  if (exporters.includes("none")) return false;
  const unknown = exporters.filter((name) => name !== "otlp");
  if (unknown.length > 0)
    warnings.push(`OTEL_TRACES_EXPORTER ${unknown.join(", ")} is passed over: only otlp is there`);
  return exporters.includes("otlp");
}

function readSampler(read: Read, warnings: string[]): SamplerName {
  const fallback = "parentbased_always_on";
  const text = read("OTEL_TRACES_SAMPLER")?.toLowerCase() ?? fallback;
  const found = samplers.find((name) => name === text);
  if (found === undefined)
    warnings.push(`OTEL_TRACES_SAMPLER ${text} is passed over: it is none of ${samplers.join(", ")}`);
  return found ?? fallback;
}

function readRatio(read: Read, warnings: string[]): number {
  const text = read("OTEL_TRACES_SAMPLER_ARG") ?? "1";
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  warnings.push(`OTEL_TRACES_SAMPLER_ARG ${text} is passed over: it is no number from 0 to 1`);
  return 1;
}

/**
 * Layer 0: the parts that all others stand on. Nothing here depends on an npm package, listens or writes.
 *
 * @module
 */
export { beforeAbort, onAbort } from "./abort.ts";
export { formatAddress, parseAddress } from "./address.ts";
export { Budget } from "./budget.ts";
export { type Clock, systemClock, within } from "./clock.ts";
export { type ErrorData, errorCode, FairleadError, reasonOf, toError, unreachable } from "./errors.ts";
export { Fifo } from "./fifo.ts";
export { createId } from "./id.ts";
export { RateLimiter, Semaphore } from "./limiter.ts";
export {
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type Logger,
  type Meter,
  type MetricOptions,
  silentLogger,
  silentMeter,
} from "./observe.ts";
export { firstReservedDescriptor, openFilesLimit } from "./open-files.ts";
export { printable, printableLines } from "./printable.ts";
export { redactUrls, redactUrlValue } from "./redact-urls.ts";
export { backoffMs, retry } from "./retry.ts";
export {
  formatTraceparent,
  noTracer,
  parseTraceparent,
  type Span,
  type SpanAttributes,
  type SpanOptions,
  type Tracer,
} from "./trace.ts";
export { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from "./units.ts";
export { WakeUp } from "./wake-up.ts";

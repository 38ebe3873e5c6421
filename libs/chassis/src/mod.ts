/**
 * Layer 1: what every process of Fairlead is built on: configuration, logging, metrics, HTTP with auth and health, run
 * and shut down.
 *
 * @module
 */
export { ConfigError, type ConfigIssue, formatPath } from "./config/errors.ts";
export { configJsonSchema, undescribedKeys } from "./config/json-schema.ts";
export {
  type EnvironmentOverride,
  type LoadedConfig,
  loadConfig,
  type ParseConfigOptions,
  parseConfig,
} from "./config/load.ts";
export { redact, redactUrls } from "./config/schema.ts";
export {
  bytes,
  cidr,
  count,
  duration,
  flag,
  host,
  optionalRatePerSecond,
  port,
  ratePerSecond,
  secret,
  section,
  type UnitLimits,
} from "./config/types.ts";
export type { HealthCheck, HealthResult, HealthStatus } from "./health.ts";
export type { Method, Reply, Route, RouteRequest, RouteResponse, Router } from "./http/route.ts";
export type { Principal } from "./http/tokens.ts";
export { createLogger, type LineSink, type LoggerOptions, type LogLevel, logLevels } from "./logger.ts";
export { createMeter, type MeterOptions, type MetricsSnapshot, type ScrapedMeter } from "./meter.ts";
export { exitCodeOf, exitCodes, type RunContext, type RunOptions, run } from "./run.ts";

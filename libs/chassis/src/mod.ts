/**
 * Layer 1: what every process of Fairlead is built on: configuration, logging, metrics, HTTP with auth and health, run
 * and shut down.
 *
 * @module
 */
export { type CrossCheck, crossCheck, type Sound } from "./config/cross-check.ts";
export { ConfigError, type ConfigIssue, formatPath } from "./config/errors.ts";
export { configJsonSchema, undescribedKeys } from "./config/json-schema.ts";
export { checkNames, checkPublicAddress, listenerName } from "./config/listeners.ts";
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
  port,
  ratePerSecond,
  secret,
  section,
  type UnitLimits,
  type WithDefault,
} from "./config/value-types.ts";
export { type HealthCheck, type HealthResult, type HealthStatus, worstOf } from "./health.ts";
export { isLoopback } from "./http/access.ts";
export { addHealthRoutes, type HealthRoutesOptions } from "./http/health-routes.ts";
export type { HttpLimits } from "./http/listening.ts";
export { type OpenApiOptions, openApiDocument } from "./http/openapi.ts";
export { ProblemError, problem, toProblem } from "./http/problem.ts";
export type { Method, Reply, Route, RouteRequest, RouteResponse, Router } from "./http/route.ts";
export { createHttpServer, type HttpServer, type HttpServerOptions } from "./http/server.ts";
export { createToken, openTokens, type Principal, type Tokens } from "./http/tokens.ts";
export { createLogger, type LineSink, type LoggerOptions, type LogLevel, logLevels } from "./logger.ts";
export { createMeter, type MeterOptions, type MetricsSnapshot, type ScrapedMeter } from "./meter.ts";
export { exitCodeOf, exitCodes, type RunContext, type RunOptions, run } from "./run.ts";
export { openTracing, type Tracing, type TracingOptions } from "./tracing/tracing.ts";

/**
 * Layer 2: the parts that every process of Fairlead is built on: configuration, logging, metrics, HTTP with tokens and health, run
 * and shut down.
 *
 * @module
 */

export { type CrossCheck, crossCheck, type Sound } from "./config/cross-check.ts";
export { ConfigError, formatPath } from "./config/errors.ts";
export { configJsonSchema } from "./config/json-schema.ts";
export { checkNames, checkPublicAddress, listenerName } from "./config/listeners.ts";
export { type EnvironmentOverride, type LoadedConfig, loadConfig, parseConfig } from "./config/load.ts";
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
  serverUrl,
} from "./config/value-types.ts";
export type { HealthCheck } from "./health.ts";
export { isLoopback } from "./http/access.ts";
export { addHealthRoutes } from "./http/health-routes.ts";
export { openApiDocument } from "./http/openapi.ts";
export { ProblemError, toProblem } from "./http/problem.ts";
export type { Reply, Route, RouteRequest, Router } from "./http/route.ts";
export { createHttpServer, type HttpServer } from "./http/server.ts";
export { createToken, openTokens, type Tokens } from "./http/tokens.ts";
export type { LineSink } from "./human-lines.ts";
export { type LogOutput, standardOutput } from "./log-output.ts";
export { createLogger, logLevels } from "./logger.ts";
export { createMeter, type ScrapedMeter } from "./meter.ts";
export { run } from "./run.ts";
export { openTracing } from "./tracing/tracing.ts";

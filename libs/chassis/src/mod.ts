/**
 * Layer 1: what every process of Fairlead is built on: configuration, logging, metrics, HTTP with auth and health, run
 * and shut down.
 *
 * @module
 */
export {
  bytes,
  cidr,
  count,
  duration,
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

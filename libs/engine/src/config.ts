import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  bytes,
  ConfigError,
  configJsonSchema,
  count,
  crossCheck,
  duration,
  type EnvironmentOverride,
  host,
  isLoopback,
  type LoadedConfig,
  loadConfig,
  logLevels,
  port,
  type Sound,
  section,
} from "@fairlead/chassis";
import { serviceNames } from "@fairlead/contracts";
import { z } from "zod";
import { busConfigSchema } from "./config/bus.ts";
import { stateConfigSchema } from "./config/state.ts";
import { refuseSharedSockets } from "./planned-sockets.ts";
import type { PlannedSocket, ServiceDefinition, ServicePlan } from "./service.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const http = section({
  host: host("127.0.0.1").describe("Address of the HTTP API. One that is not loopback needs `tokensFile`."),
  port: port(7000).describe("Port of the HTTP API, health and metrics; 0: any free port."),
  tokensFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "YAML file with the digests of the bearer tokens. Without it no token is needed, on loopback only.",
    ),
  headerTime: duration("5s", { max: "10s" }).describe(
    "A request whose headers take longer is cut off (408).",
  ),
  bodyTime: duration("8s").describe("A request whose body takes longer is cut off (408), uploads excepted."),
  idleTime: duration("60s").describe(
    "A connection without a byte in either direction is closed; so is a client that does not read its answer.",
  ),
  keepAliveTime: duration("5s").describe("A connection that is kept open without a request is closed."),
  maxConnections: count(1_000).describe(
    "HTTP connections at once; on 32 further ones /livez, /readyz and /metrics are answered, everything else gets 503 and is counted.",
  ),
  maxHeaderBytes: bytes("16KiB", { max: "1MiB" }).describe(
    "All headers of a request together; larger ones get 431.",
  ),
  maxBodyBytes: bytes("1MiB", { max: "64MiB" }).describe("A JSON body; larger ones get 413."),
  maxStreams: count(100).describe("Event streams (`/v1/events`) at once; further ones get 503."),
});

/** The sections that every process has, whichever services it runs. */
const commonShape = {
  dataDir: z
    .string()
    .min(1)
    .default("./data")
    .describe(
      "Directory of everything that is kept; made if it is missing. Relative to where the process starts.",
    ),
  http: crossCheck(http, ({ host, tokensFile }, { refuse }) => {
    if (host === undefined || isLoopback(host) || tokensFile !== undefined) return;
    refuse(
      ["tokensFile"],
      `${host} is not loopback, so say in a file of tokens who may ask (FAIRLEAD_TOKENS_FILE)`,
    );
  }).describe("The HTTP API of every service, health and metrics."),
  log: section({
    level: z.enum(logLevels).default("info").describe("The least level that is written."),
    format: z
      .enum(["auto", "json", "human"])
      .default("auto")
      .describe("json: one JSON object a line. human: short lines. auto: human on a terminal, else json."),
  }).describe("The log, on standard output."),
  shutdown: section({
    limit: duration("25s").describe(
      "From SIGTERM to the forced end; everything that was accepted is made durable before.",
    ),
  }).describe("How the process stops."),
  bus: busConfigSchema.prefault({}).describe("The durable log of events: on this disk, or in RabbitMQ."),
  state: stateConfigSchema.prefault({}).describe("Shared state: leases, idempotency, presence."),
};

export const commonSchema = z.strictObject(commonShape);

type CommonConfig = z.output<typeof commonSchema>;

/** The common sections, checked. Each service's own section stands under `services`. */
export type EngineConfig = CommonConfig & {
  readonly services: Readonly<Record<string, unknown>>;
};

export const environmentOverrides: readonly EnvironmentOverride[] = [
  { variable: "FAIRLEAD_DATA_DIR", path: ["dataDir"] },
  { variable: "FAIRLEAD_HOST", path: ["http", "host"] },
  { variable: "FAIRLEAD_HTTP_PORT", path: ["http", "port"] },
  { variable: "FAIRLEAD_LOG_LEVEL", path: ["log", "level"] },
  { variable: "FAIRLEAD_TOKENS_FILE", path: ["http", "tokensFile"] },
  { variable: "FAIRLEAD_AMQP_URL", path: ["bus", "amqp", "url"] },
  { variable: "FAIRLEAD_REDIS_URL", path: ["state", "redis", "url"] },
];

type Services = readonly ServiceDefinition[];

function fileSchema(services: Services) {
  const own = services.map(({ name, configSchema }) => [name, configSchema.prefault({})] as const);
  const shape: Record<string, z.ZodType> = { ...commonShape, ...Object.fromEntries(own) };
  return crossCheck(section(shape), (values, context) => {
    const { http = {}, ...sections } = values as Sound<CommonConfig>;
    refuseSharedSockets([...httpSocket(http), ...serviceSockets(services, sections)], context);
  });
}

/**
 * The plans of all services and of the HTTP API as one. A socket has its key in the whole configuration, and its words name the
 * service: "tcp-gateway listener lines".
 */
export function planServices(services: Services, { http, services: sections }: EngineConfig): ServicePlan {
  const plans = services.map((service) => service.plan(sections[service.name]));
  return {
    sockets: [...httpSocket(http), ...serviceSockets(services, sections)],
    connections: plans.reduce((sum, { connections }) => sum + connections, http.maxConnections),
    eventTypes: [...new Set(plans.flatMap(({ eventTypes }) => eventTypes))],
  };
}

function httpSocket({ host, port }: Sound<CommonConfig["http"]>): PlannedSocket[] {
  if (host === undefined || port === undefined) return [];
  return [{ scheme: "tcp", host, port, what: "HTTP API", key: ["http", "port"] }];
}

function serviceSockets(services: Services, sections: Readonly<Record<string, unknown>>): PlannedSocket[] {
  return services.flatMap((service) => {
    const { name } = service;
    const { sockets } = sections[name] === undefined ? { sockets: [] } : service.plan(sections[name]);
    return sockets.map((one) => ({ ...one, what: `${name} ${one.what}`, key: [name, ...one.key] }));
  });
}

/** The JSON Schema of the configuration file, for editors. */
export function servicesJsonSchema(services: Services): Readonly<Record<string, unknown>> {
  return configJsonSchema(fileSchema(services), "Fairlead configuration");
}

export interface LoadServicesConfigOptions {
  readonly services: Services;
  readonly env: Environment;
  /** Default: FAIRLEAD_CONFIG, else ./fairlead.yaml where it exists, else no file. */
  readonly configFile?: string | undefined;
  /** The directory of relative paths. Default: that of the process. */
  readonly cwd?: string;
}

/**
 * Reads and checks the configuration of a process; opens nothing. The sections of services that this process does not run
 * are accepted and not looked at, so that one file serves a whole cluster.
 *
 * @throws {ConfigError} with everything that is wrong
 */
export function loadServicesConfig(options: LoadServicesConfigOptions): LoadedConfig<EngineConfig> {
  const { services, env, cwd = process.cwd() } = options;
  refuseUnknownEngines(env);
  const running = new Set<string>(services.map(({ name }) => name));
  const named = options.configFile ?? (env["FAIRLEAD_CONFIG"] || undefined);
  const usual = resolve(cwd, "fairlead.yaml");
  const file = named === undefined ? (existsSync(usual) ? usual : undefined) : resolve(cwd, named);
  const { values, redacted } = loadConfig({
    schema: fileSchema(services),
    file,
    env,
    overrides: environmentOverrides,
    ignoredSections: serviceNames.filter((name) => !running.has(name)),
  });
  const entries = Object.entries(values);
  const common = commonFrom(Object.fromEntries(entries.filter(([key]) => !running.has(key))));
  const own = Object.fromEntries(entries.filter(([key]) => running.has(key)));
  const { tokensFile } = common.http;
  const http = {
    ...common.http,
    ...(tokensFile === undefined ? {} : { tokensFile: resolve(cwd, tokensFile) }),
  };
  return {
    values: { ...common, http, services: own, dataDir: resolve(cwd, common.dataDir) },
    redacted,
    file,
  };
}

/** The schema's shape was made from a list, so its type is lost; the parsed values have that type all the same. */
function commonFrom(values: Readonly<Record<string, unknown>>): CommonConfig {
  return values as CommonConfig;
}

/** A user who sets an address of S3 expects S3. A start without it would break the promise in silence. */
function refuseUnknownEngines(env: Environment): void {
  const set = ["FAIRLEAD_S3_URL", "FAIRLEAD_S3_URL_FILE"].filter((name) => env[name]);
  if (set.length === 0) return;
  const message = "is set, but this version keeps files on its own disk only: unset it";
  throw new ConfigError(
    "CONFIG_INVALID",
    "the environment",
    set.map((variable) => ({ path: "", message, variable })),
  );
}
